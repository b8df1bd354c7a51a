"""What is asked of the storefront and what it says, field by field; the OpenAPI document is made from these.

Amounts are whole minor units of one currency, in both directions. No float is read or written.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from pawline.model import (
    Address,
    Aware,
    Contact,
    Country,
    DeliveryChoice,
    Destination,
    Line,
    Money,
    ProductKind,
    Species,
    Tax,
    TenderKind,
)

END: Final = r"$(?!\n)"
"""Of a pattern: `$` alone is there before a last newline, too."""
Name = Annotated[str, msgspec.Meta(pattern=rf"^[A-Za-z0-9_.:-]{{1,64}}{END}")]
"""An id of ours, or a name that a caller gave."""
Sku = Annotated[str, msgspec.Meta(pattern=rf"^[^\x00-\x1f\x7f]{{1,64}}{END}")]
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$", max_length=200)]
Written = Annotated[str, msgspec.Meta(pattern=rf"^[^\x00-\x1f\x7f]*{END}", max_length=200)]
"""One line of it: carriers print it, and providers of payments are sent it."""
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
LINES: Final = 100
UNITS: Final = 999


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{"minor": 1999, "currency": "EUR"}` is 19.99 euro."""

    minor: Minor
    currency: Annotated[str, msgspec.Meta(pattern=f"^[A-Z]{{3}}{END}")]


class WantedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of a SKU, and the pets that they are for."""

    sku: Sku
    quantity: Annotated[int, msgspec.Meta(ge=1, le=UNITS)]
    pets: Annotated[list[Name], msgspec.Meta(max_length=10)] = []


class CartForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All lines of a cart: those that it had before and that are not here are out."""

    lines: Annotated[list[WantedLine], msgspec.Meta(max_length=LINES)] = []


class MergeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody logged in: what they put into the cart `source` comes into theirs, which is this household's."""

    source: Name
    household: Name


class ToldTax(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on one line, as the shop reckons it; never reckoned here. `included`: the price contains it already."""

    sku: Sku
    title: Text
    minor: Minor
    included: bool


class DestinationForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a parcel would go. `region` is the subdivision alone (`CA`, not `US-CA`)."""

    country: Country
    region: Written | None = None
    postcode: Written | None = None

    def __post_init__(self) -> None:
        self.told()

    def told(self) -> Destination:
        """As the model has it. Raises ValueError."""
        return Destination(country=self.country, region=self.region, postcode=self.postcode)


class AddressForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A postal address as a carrier wants it, from the first line to the country. See `DestinationForm`."""

    name: Written
    lines: Annotated[list[Written], msgspec.Meta(min_length=1, max_length=5)]
    city: Written
    country: Country
    postcode: Written | None = None
    region: Written | None = None
    company: Written | None = None
    phone: Written | None = None

    def __post_init__(self) -> None:
        self.told()

    def told(self) -> Address:
        """As the model has it. Raises ValueError."""
        return Address(**{**msgspec.structs.asdict(self), "lines": tuple(self.lines)})


class ContactForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How they are reached. `phone` is in E.164 (`+4930123456`); `language` is a BCP 47 tag (`de-AT`)."""

    email: Annotated[str, msgspec.Meta(pattern=rf"^[^\x00-\x20\x7f]*{END}", max_length=254)] | None = None
    phone: Written | None = None
    language: Annotated[str, msgspec.Meta(pattern=f"^[A-Za-z0-9-]{{2,35}}{END}")] | None = None

    def __post_init__(self) -> None:
        self.told()

    def told(self) -> Contact:
        """As the model has it. Raises ValueError."""
        return Contact(email=self.email, phone=self.phone, language=self.language)


class QuoteForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would this cart come to, sent there? `taxes` are told by a secret key only."""

    cart: Name
    destination: DestinationForm
    taxes: Annotated[list[ToldTax], msgspec.Meta(max_length=LINES)] = []


class Payment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the payment. `source` is the payment provider's handle of the means, never a card number."""

    kind: TenderKind
    amount: Amount
    source: Annotated[str, msgspec.Meta(pattern=rf"^[^\x00-\x1f\x7f]{{1,200}}{END}")] | None = None


class CheckoutForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order by a quote: `delivery` is the code of one of its choices, `total` what the shopper was shown with it."""

    quote: Annotated[str, msgspec.Meta(max_length=200_000)]
    delivery: Text
    total: Amount
    contact: ContactForm
    ship_to: AddressForm
    bill_to: AddressForm | None = None
    payments: Annotated[list[Payment], msgspec.Meta(max_length=10)] = []


class CancelForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is called off, in the shopper's words."""

    because: Text = ""


# -- what it says --------------------------------------------------------------------------------------------------


class InStock(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sold, as of when it was counted, less what was sold since. It informs; only an order decides."""

    units: int
    as_of: Aware


class ProductSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU. `stock` is null where nobody ever counted it; what is `recalled` is not sold."""

    sku: str
    title: str
    brand: str | None
    kind: ProductKind | None
    species: tuple[Species, ...]
    price: Money | None
    weight: int | None
    stock: InStock | None
    recalled: bool


class ProductsSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Some of them, by SKU. `next` is what `after` is for the next page; null after the last."""

    products: list[ProductSaid]
    next: str | None


class CartLineSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`price` is one unit's, as it was when the cart was changed last."""

    sku: str
    quantity: int
    price: Money
    total: Money
    pets: tuple[str, ...]


class CartSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A cart. `token` is told to whoever made it: a publishable key gives it as Pawline-Token from then on.

    `order` is the one that came of it; nothing of the cart changes then, unless that is refused.
    """

    id: str
    currency: str
    lines: list[CartLineSaid]
    subtotal: Money
    changed_at: Aware
    household: str | None
    order: str | None = None
    token: str | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that may be chosen, and the total with it: that is charged, and nothing else.

    `taxes` are those on the delivery itself.
    """

    delivery: DeliveryChoice
    total: Money
    taxes: tuple[Tax, ...] = ()


class QuoteSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is sealed: it says all of the quote to us, and nothing to anybody else."""

    id: str
    expires_at: Aware
    lines: tuple[Line, ...]
    subtotal: Money
    taxes: Money
    choices: list[Choice]


class OrderSaid(msgspec.Struct, frozen=True, kw_only=True):
    """An order and how far it is. `confirm_at`: the bank asks its shopper there, and nothing goes on before."""

    id: str
    number: str
    status: str
    total: Money
    says: str
    confirm_at: list[str] = []
    token: str | None = None
