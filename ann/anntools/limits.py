"""How much of a file the engine takes, so that no input can exhaust a worker."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on an input, in bytes where no other unit is named.

    ``line``: the longest line; a record of ten thousand samples with many FORMAT fields stays below 10 MiB.
    ``header``: all header lines together. ``header_lines``: their number; human references name some thousand contigs.
    ``unpacked``: the decompressed input. ``ratio``: decompressed to compressed size, enforced once ``ratio_from`` bytes
    came out; real cohorts of homozygous calls reach some hundreds.
    ``alleles``: ALT alleles of one record. ``alt``: all of them together, which ANN repeats for every transcript; the
    longest insertions in pangenomes are some megabases. ``contig``: characters in a CHROM name. ``result``: the
    annotated text before compression, which may be larger only where it is at most ``growth`` times the decompressed
    input; files of ordinary records grow thirty times at most, where many transcripts overlap.
    """

    line: int = 64 * MIB
    header: int = 64 * MIB
    header_lines: int = 250_000
    unpacked: int = 256 * 1024 * MIB
    ratio: int = 600
    ratio_from: int = 32 * MIB
    alleles: int = 1000
    alt: int = 8 * MIB
    contig: int = 255
    result: int = 1024 * MIB
    growth: int = 100


LIMITS = Limits()
