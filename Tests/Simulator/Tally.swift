/// What many worlds came to.
struct Tally {
    private var worlds = 0
    private var rotations = 0
    private var events = 0
    private var doubts = 0
    private(set) var violations: [(seed: UInt64, sentence: String)] = []

    mutating func add(_ world: Simulation) {
        worlds += 1
        rotations += world.completed
        events += world.events
        doubts += world.book.doubts
        if let sentence = world.violation { violations.append((world.seed, sentence)) }
    }

    /// Adds the tally of later seeds.
    mutating func add(_ later: Tally) {
        worlds += later.worlds
        rotations += later.rotations
        events += later.events
        doubts += later.doubts
        violations += later.violations
    }

    /// - Parameters:
    ///   - time: by the clock on the wall.
    ///   - work: of all cores together, without what other processes took of them.
    func report(in time: Duration, work: Duration) {
        print("\(worlds) seeds, \(rotations) rotations, \(events) events, \(violations.count) violations")
        print(
            "\(Int(Double(rotations) / (time / .seconds(1)))) rotations/s, "
                + "\(Int(Double(rotations) / (work / .seconds(1)))) per core, "
                + "\(Int(Double(events) / (time / .seconds(1)))) events/s")
        if doubts > 0 {
            print(
                "\(doubts) unused strangers, made in the window of a creation, were taken for keyturn's own: the known doubt"
            )
        }
    }
}
