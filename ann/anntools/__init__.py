"""The annotation engine: says of each variant of a VCF which genes, transcripts, regions and cytobands it touches.

A pure package: it knows VCF and genomes, and nothing of clouds, web or users. `ann.anntools.driver` is the way in.
"""

__version__ = "0.1.0"
