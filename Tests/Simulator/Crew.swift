internal import Dispatch
internal import Journal
internal import Synchronization

/// Many worlds on all cores. What comes out does not depend on how many there are.
struct Crew {
    /// Worlds that share a journal, so that it stays small, and that one core takes at a time.
    private static let worldsPerBlock = 200

    private struct Work {
        var nextBlock = 0
        var finished: [Int: Tally] = [:]
        /// The blocks from the first on, without a gap.
        var tally = Tally()
        var merged = 0
        var isOver = false
        var mishap: (any Error)?
    }

    let seeds: Range<UInt64>
    /// The run ends after the block in which there are so many violations.
    let violationLimit: Int
    let workers: Int

    private var blocks: Int { (seeds.count + Self.worldsPerBlock - 1) / Self.worldsPerBlock }

    /// - Parameter tell: is given each violation, in the order of the seeds.
    func run(tell: @Sendable (UInt64, String) throws -> Void) throws -> Tally {
        let work = Mutex(Work())
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while let block = next(work) {
                do {
                    let tally = try run(block)
                    try finish(block, tally, work, tell)
                } catch {
                    work.withLock { work in
                        work.mishap = error
                        work.isOver = true
                    }
                }
            }
        }
        if let mishap = work.withLock({ $0.mishap }) { throw mishap }
        return work.withLock { $0.tally }
    }

    private func next(_ work: borrowing Mutex<Work>) -> Int? {
        work.withLock { work in
            guard !work.isOver, work.nextBlock < blocks else { return nil }
            defer { work.nextBlock += 1 }
            return work.nextBlock
        }
    }

    private func run(_ block: Int) throws -> Tally {
        let first = seeds.lowerBound + UInt64(block * Self.worldsPerBlock)
        let journal = try SQLiteJournal(path: nil, seal: Seal(key: Seal.makeKey()))
        var tally = Tally()
        for seed in first..<min(first + UInt64(Self.worldsPerBlock), seeds.upperBound) {
            var world = Simulation(seed: seed, journal: journal)
            world.run()
            tally.add(world)
        }
        return tally
    }

    private func finish(
        _ block: Int, _ tally: Tally, _ work: borrowing Mutex<Work>, _ tell: (UInt64, String) throws -> Void
    ) throws {
        try work.withLock { work in
            work.finished[block] = tally
            while !work.isOver, let following = work.finished.removeValue(forKey: work.merged) {
                work.merged += 1
                work.tally.add(following)
                for (seed, violation) in following.violations { try tell(seed, violation) }
                work.isOver = work.tally.violations.count >= violationLimit
            }
        }
    }
}
