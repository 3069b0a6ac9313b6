/**
 * Paired rounds: every variant once per round, in rotated order, after a round that warms up.
 *
 * What else the machine does meanwhile meets all variants alike, so what is compared is the ratio
 * within a round, and what is reported is the median of those ratios with the least and the most.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/** What one variant measured in one round, by the name of the figure. */
export type Figures = Readonly<Record<string, number>>

/** Something to measure. The first of a list is what the others are compared with. */
export interface Variant {
  readonly name: string
  readonly measure: () => Promise<Figures>
}

/** What one variant measured, round by round. */
export interface Measured {
  readonly name: string
  readonly rounds: ReadonlyArray<Figures>
}

/** A figure over all rounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** What one variant measured in all rounds, and its ratios to the variant it is compared with. */
export interface Series {
  readonly name: string
  readonly figures: Readonly<Record<string, Spread>>
  readonly ratios: Readonly<Record<string, Spread>>
}

// rules -----------------------------------------------------------------------

/** The middle of some values, with the least and the most. */
export const spreadOf = (values: ReadonlyArray<number>): Spread => ({
  median: quantile(values, 0.5),
  least: Math.min(...values),
  most: Math.max(...values)
})

/** The value below which so large a part of the values lies. */
export const quantile = (values: ReadonlyArray<number>, part: number): number => {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

// operations ------------------------------------------------------------------

/** Measures all variants in so many rounds and compares them with the first. */
export const compare = async (
  variants: ReadonlyArray<Variant>,
  rounds: number
): Promise<ReadonlyArray<Series>> => against(await measureAll(variants, rounds), variants[0]?.name)

/** Measures all variants in so many rounds; the one before them counts for nothing. */
export const measureAll = async (
  variants: ReadonlyArray<Variant>,
  rounds: number
): Promise<ReadonlyArray<Measured>> => {
  const measured = variants.map(({ name }) => ({ name, rounds: Array.of<Figures>() }))
  for (let round = 0; round <= rounds; round++) {
    for (const place of variants.keys()) {
      const index = (round + place) % variants.length
      const figures = await variants[index]?.measure()
      if (round > 0 && figures !== undefined) measured[index]?.rounds.push(figures)
    }
  }
  return measured
}

/** Compares what was measured with one of the variants, which then comes first. */
export const against = (
  measured: ReadonlyArray<Measured>,
  name: string | undefined
): ReadonlyArray<Series> => {
  const base = measured.find((one) => one.name === name)
  if (base === undefined) throw new Error(`There is no variant ${name}`)
  const others = measured.filter((one) => one !== base)
  return [base, ...others].map((one) => seriesOf(one.name, one.rounds, base.rounds))
}

// internal --------------------------------------------------------------------

const seriesOf = (
  name: string,
  own: ReadonlyArray<Figures>,
  base: ReadonlyArray<Figures>
): Series => {
  const names = Object.keys(own[0] ?? {})
  const spread = (value: (figures: Figures, round: number) => number) =>
    spreadOf(own.map((figures, round) => value(figures, round)))
  return {
    name,
    figures: Object.fromEntries(
      names.map((figure) => [figure, spread((figures) => figures[figure] ?? Number.NaN)])
    ),
    ratios: Object.fromEntries(
      names.map((figure) => [
        figure,
        spread((figures, round) => (figures[figure] ?? NaN) / (base[round]?.[figure] ?? NaN))
      ])
    )
  }
}
