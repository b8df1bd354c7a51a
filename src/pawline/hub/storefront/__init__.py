"""The shop's own checkout, for shops that own it: what is asked of it, who may, and what is promised."""

from pawline.hub.storefront.answers import Asked, Known, asked
from pawline.hub.storefront.api_keys import ApiKey, Scope
from pawline.hub.storefront.refusals import Cause, Refusal, problem
from pawline.hub.storefront.settings import Profile, StorefrontSettings, longest_holds
from pawline.hub.storefront.storefront import Front, Storefront
from pawline.hub.storefront.taxes import check_taxes

__all__ = [
    "ApiKey", "Asked", "Cause", "Front", "Known", "Profile", "Refusal", "Scope", "Storefront", "StorefrontSettings",
    "asked", "check_taxes", "longest_holds", "problem",
]  # fmt: skip
