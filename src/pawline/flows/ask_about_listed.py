"""A recall that an authority lists and that may touch us: one question to a person, and nothing else."""

from __future__ import annotations

from pawline.insight.listed import command
from pawline.model import RecallListed
from pawline.ports import Goods
from pawline.runtime import Question, ask, flow, use

NOTHING = "nothing of ours is named"


@flow(on=RecallListed)
async def ask_about_listed(listed: RecallListed) -> str:
    """What a list says of recalls is advisory and incomplete: a person looks, and begins one by hand or not at all."""
    told = listed.listed
    named = await use(Goods).named_in(told)
    if not named:
        return NOTHING
    skus = [one.sku for one in named]
    return await ask(
        Question(
            f"{told.source} lists recall {told.id}, which may touch {', '.join(skus[:3])}"
            f"{f' and {len(skus) - 3} more' if len(skus) > 3 else ''}: read the notice",
            evidence={
                "advisory": "this list is incomplete, and what it says is guessed to be ours: nothing has begun",
                "firm": told.firm, "product": told.product, "codes": told.codes, "reason": told.reason,
                "class": told.severity, "status": told.status, "sold in": told.where,
                "may be": {one.sku: f"{one.title}: {one.why}" for one in named},
                "to see who is touched": command(told, skus),
            },
            choices=("not ours", "begun by hand"), cause=f"listed recall {told.id}",
        )
    )  # fmt: skip
