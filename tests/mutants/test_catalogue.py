"""The mutants fit the code as it is: a stale one would say nothing about the tests."""

import pytest

from tests.mutants.catalogue import ROOT, Mutant, StaleMutant, load
from tests.mutants.checks import CHECKS


@pytest.mark.parametrize("mutant", load(), ids=lambda mutant: mutant.id)
def test_every_mutant_fits(mutant: Mutant) -> None:
    assert mutant.applied((ROOT / mutant.file).read_text(encoding="utf-8"))
    assert any(check.name == mutant.first and check.concerns(mutant.file) for check in CHECKS)


@pytest.mark.parametrize(("text", "new"), [("a = 1", "b"), ("x = 1; x = 1", "b"), ("x = 1", "x ="), ("x = 1", "x = 1")])
def test_a_mutant_that_does_not_fit_is_an_error(text: str, new: str) -> None:
    mutant = Mutant(id="m", file="m.py", old="x = 1", new=new, means="Nothing.", first="flow")
    with pytest.raises(StaleMutant):
        mutant.applied(text)
