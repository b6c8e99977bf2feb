"""HGVS names of alleles on transcripts (``c.`` and ``n.``) and of changes of proteins (``p.``), as VEP words them."""

from ann.anntools.hgvs_coding import coding
from ann.anntools.hgvs_protein import protein

__all__ = ["coding", "protein"]
