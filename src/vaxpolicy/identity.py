"""Who a person is: the numbers on their documents, the form that takes them, and what it proves.

- A number is read by its class (`NationalId.parse` and so on) or by `parse_id_number`: how that
  goes is in `vaxpolicy.numbers`, the numbers are in `vaxpolicy.idnumbers` and
  `vaxpolicy.documents`.
- A form becomes a claim, or every problem at once: `check_form`, in `vaxpolicy.forms`.
- A claim becomes a matched one by what the registry says, and a key by which to find the person
  again: `match_claim` and `pseudonym`, in `vaxpolicy.matching`.

Everything is pure: the day comes in as an argument. Phone metadata is loaded when the first mobile
number is read.

>>> from datetime import date
>>> form = IdentityForm(
...     id_number="A123456789", nhi_card=("0000", "1234", "5678"), captcha_passed=True
... )
>>> form
<IdentityForm: id_number, nhi_card>
>>> claim = check_form(form, on=date(2021, 7, 6))
>>> claim.id_number, claim.nhi_card, claim.nhi_card.formatted
(<NationalId>, <NhiCardNumber>, '0000 1234 5678')
"""

from vaxpolicy.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    MobileNumber,
    NhiCardNumber,
    PassportNumber,
    mrz_check_digit,
)
from vaxpolicy.forms import (
    WITHOUT_UI_NUMBER,
    Advice,
    Application,
    Claim,
    FieldError,
    FieldWarning,
    IdentityForm,
    InvalidForm,
    NhiClaim,
    PassportClaim,
    PermitClaim,
    check_form,
)
from vaxpolicy.idnumbers import (
    COUNTIES,
    LEGACY_UI_NUMBERS_END,
    County,
    Generation,
    IdNumber,
    Issuer,
    NationalId,
    Origin,
    ResidencyStatus,
    Sex,
    UiNumber,
    is_valid_id_number,
    origin_of,
    parse_id_number,
)
from vaxpolicy.matching import (
    MatchedClaim,
    NotMatched,
    RegistryAnswer,
    match_claim,
    pseudonym,
    pseudonyms,
)
from vaxpolicy.numbers import (
    Confusion,
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    Number,
    NumberError,
    Suggestion,
)

__all__ = [
    "COUNTIES",
    "LEGACY_UI_NUMBERS_END",
    "WITHOUT_UI_NUMBER",
    "Advice",
    "Application",
    "Claim",
    "Confusion",
    "County",
    "EntryDocumentNumber",
    "EntryPermitNumber",
    "FieldError",
    "FieldWarning",
    "Generation",
    "IdNumber",
    "IdentityForm",
    "InvalidChecksum",
    "InvalidComponent",
    "InvalidForm",
    "InvalidFormat",
    "InvalidLength",
    "Issuer",
    "MatchedClaim",
    "MobileNumber",
    "NationalId",
    "NhiCardNumber",
    "NhiClaim",
    "NotMatched",
    "Number",
    "NumberError",
    "Origin",
    "PassportClaim",
    "PassportNumber",
    "PermitClaim",
    "RegistryAnswer",
    "ResidencyStatus",
    "Sex",
    "Suggestion",
    "UiNumber",
    "check_form",
    "is_valid_id_number",
    "match_claim",
    "mrz_check_digit",
    "origin_of",
    "parse_id_number",
    "pseudonym",
    "pseudonyms",
]
