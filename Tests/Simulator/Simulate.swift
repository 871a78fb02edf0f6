internal import Foundation
internal import Journal

/// `keyturn-simulate --seeds N [--from S]`, `--seed S --trace`: worlds of faults around the real decisions.
@main
enum Simulate {
    static func main() async throws {
        let options: Options
        do { options = try Options(CommandLine.arguments.dropFirst()) } catch {
            print(error)
            exit(64)
        }
        if options.isExhaustive { exit(explore(options) ? 0 : 1) }
        if options.isTraced { exit(try await trace(options.seeds.lowerBound, options.store) ? 0 : 1) }
        let began = ContinuousClock.now
        let crew = Crew(
            seeds: options.seeds, violationLimit: options.violationLimit, workers: options.workers,
            store: options.store)
        let tally = try await crew.run { seed, violation in
            print("seed \(seed): \(violation)")
            try await tell(seed, options.store)
        }
        tally.report(in: ContinuousClock.now - began, work: work)
        exit(tally.violations.isEmpty ? 0 : 1)
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
    private static func tell(_ seed: UInt64, _ store: WorldStore) async throws {
        let lines = try await walk(seed, store).trace?.lines ?? []
        print(lines.suffix(12).map { "    \($0)" }.joined(separator: "\n"))
        print("    all of it: keyturn-simulate --seed \(seed) --trace")
    }

    /// - Returns: whether the world violates nothing.
    private static func trace(_ seed: UInt64, _ store: WorldStore) async throws -> Bool {
        let world = try await walk(seed, store)
        print((world.trace?.lines ?? []).joined(separator: "\n"))
        print("seed \(seed): \(world.violation ?? "no violation")")
        return world.violation == nil
    }

    private static func walk(_ seed: UInt64, _ store: WorldStore) async throws -> Simulation {
        let time = SimulatedTime()
        let journal = try await StoredJournal(try await store.open(time), seal: Seal(key: Seal.makeKey()))
        var world = Simulation(seed: seed, journal: journal, time: time, isTraced: true)
        await world.run()
        return world
    }

    /// What this process has worked so far, all threads together.
    private static var work: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
