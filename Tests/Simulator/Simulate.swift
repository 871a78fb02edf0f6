internal import Foundation
internal import Journal

/// `keyturn-simulate --seeds N [--from S]`, `--seed S --trace`: worlds of faults around the real decisions.
@main
enum Simulate {
    /// Worlds that share a journal, so that it stays small.
    private static let worldsPerJournal: UInt64 = 200

    static func main() throws {
        let options: Options
        do { options = try Options(CommandLine.arguments.dropFirst()) } catch {
            print(error)
            exit(64)
        }
        if options.isExhaustive { exit(explore(options) ? 0 : 1) }
        var tally = Tally()
        let began = ContinuousClock.now
        var journal = try SQLiteJournal(path: nil, seal: Seal(key: Seal.makeKey()))
        for seed in options.seeds {
            if seed % worldsPerJournal == 0 { journal = try SQLiteJournal(path: nil, seal: Seal(key: Seal.makeKey())) }
            var world = Simulation(seed: seed, journal: journal, isTraced: options.isTraced)
            world.run()
            tally.add(world)
            if options.isTraced { print((world.trace?.lines ?? []).joined(separator: "\n")) }
            guard let violation = world.violation else { continue }
            print("seed \(seed): \(violation)")
            if !options.isTraced { try tell(seed) }
            if tally.violations >= options.violationLimit { break }
        }
        tally.report(in: ContinuousClock.now - began)
        exit(tally.violations == 0 ? 0 : 1)
    }

    /// - Returns: whether every state was visited, and none violates anything.
    private static func explore(_ options: Options) -> Bool {
        var exploration = Exploration()
        exploration.run(crashes: options.crashes, failures: options.failures)
        let extent = exploration.isComplete ? "all" : "not all"
        print(
            "\(exploration.states) states, \(extent) there are with two targets, \(options.crashes) crashes and "
                + "\(options.failures) failures; \(exploration.ends) ends; \(exploration.violation ?? "no violation")")
        return exploration.isComplete
    }

    /// The end of the way to a violation: the same seed once more, written down.
    private static func tell(_ seed: UInt64) throws {
        let journal = try SQLiteJournal(path: nil, seal: Seal(key: Seal.makeKey()))
        var world = Simulation(seed: seed, journal: journal, isTraced: true)
        world.run()
        let lines = world.trace?.lines ?? []
        print(lines.suffix(12).map { "    \($0)" }.joined(separator: "\n"))
        print("    all of it: keyturn-simulate --seed \(seed) --trace")
    }
}
