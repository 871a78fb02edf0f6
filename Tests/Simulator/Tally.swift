/// What many worlds came to.
struct Tally {
    private var worlds = 0
    private var rotations = 0
    private var events = 0
    private var doubts = 0
    private var deadEnds: [String: (count: Int, seed: UInt64)] = [:]
    private(set) var violations = 0

    mutating func add(_ world: Simulation) {
        worlds += 1
        rotations += world.completed
        events += world.events
        doubts += world.book.doubts
        if world.violation != nil { violations += 1 }
        if let end = world.book.deadEnd { deadEnds[end, default: (0, world.seed)].count += 1 }
    }

    func report(in time: Duration) {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        print("\(worlds) seeds, \(rotations) rotations, \(events) events, \(violations) violations")
        print("\(Int(Double(rotations) / seconds)) rotations/s, \(Int(Double(events) / seconds)) events/s")
        if doubts > 0 {
            print(
                "\(doubts) unused strangers, made in the window of a creation, were taken for keyturn's own: the known doubt"
            )
        }
        for (end, found) in deadEnds.sorted(by: { $0.key < $1.key }) {
            print("\(found.count) dead ends, e.g. seed \(found.seed): \(end)")
        }
    }
}
