"""Read models, each with the events it follows. They inform; holds and ports decide."""

from pawline.views.autoships import AUTOSHIPS
from pawline.views.bills import BILLS
from pawline.views.bounced import BOUNCED
from pawline.views.carts import CARTS
from pawline.views.goods import GOODS
from pawline.views.invitations import INVITED
from pawline.views.orders import ORDERS
from pawline.views.parcels import PARCELS
from pawline.views.pets import PETS
from pawline.views.projector import Lag, Projector
from pawline.views.stock import STOCK
from pawline.views.view import Seen, View, Write

ALL: tuple[View, ...] = (ORDERS, STOCK, PARCELS, PETS, CARTS, AUTOSHIPS, BILLS, INVITED, BOUNCED, GOODS)
"""Every view that a hub keeps."""

__all__ = [
    "ALL",
    "AUTOSHIPS",
    "BILLS",
    "BOUNCED",
    "CARTS",
    "GOODS",
    "INVITED",
    "ORDERS",
    "PARCELS",
    "PETS",
    "STOCK",
    "Lag",
    "Projector",
    "Seen",
    "View",
    "Write",
]
