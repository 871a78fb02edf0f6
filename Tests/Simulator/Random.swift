/// A small generator of pseudo-random numbers (SplitMix64): a world can be walked again from its one number.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range. Biased by less than its width in 2^64.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// True so many times in a thousand.
    mutating func chance(_ perMille: Int) -> Bool { perMille > 0 && number(0...999) < perMille }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }

    /// A duration between two numbers of seconds, to the millisecond.
    mutating func seconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(number((range.lowerBound * 1_000)...(range.upperBound * 1_000)))
    }
}
