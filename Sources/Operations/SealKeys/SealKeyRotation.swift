internal import Engine
internal import Journal
internal import Rotation

/// Reseals everything in the state with the first of the configured seal keys.
package struct SealKeyRotation {
    /// What was done.
    package struct Report: Encodable, Sendable {
        /// The name of the key that everything has, or is to have.
        package var sealKey: String
        /// Users that were resealed.
        package var resealed: [String]
        /// How many had the key already.
        package var already: Int
        /// Users that another process is at work on, with that process.
        package var busy: [String: String]
        /// Users whose records were not written with any of the keys.
        package var doubtful: [String]
        /// Whether everything has the key.
        package var isComplete: Bool
        /// The names of the other configured keys, which may leave the configuration.
        package var others: [String]

        package var status: ExitStatus { isComplete ? .done : doubtful.isEmpty ? .unfinished : .failed }

        private enum CodingKeys: String, CodingKey {
            case resealed, already, busy, doubtful, others
            case sealKey = "seal-key"
            case isComplete = "is-complete"
        }
    }

    /// How long users are waited for that others are at work on.
    private static let patience: Duration = .seconds(60)
    private static let pause: Duration = .seconds(1)

    private let loaded: LoadedConfiguration
    private let state: StateAccess

    package init(_ context: OperationContext) throws {
        loaded = try LoadedConfiguration(context)
        state = StateAccess(loaded, for: .working)
    }

    package func run() async throws -> Report {
        guard let journal = try await state.openIfThere() else {
            throw OperationFailure(
                .failed, "there is no state yet, so nothing is sealed: the first key of `seal-key` is used")
        }
        do throws(JournalError) {
            let use = try await journal.sealKeyUse()
            try await requireKey(use.configured[0], of: journal)
            let end = ContinuousClock.now + Self.patience
            let lease = Lease(owner: .current, lasting: .seconds(20))
            var resealed: [String] = []
            while true {
                let done = try await journal.reseal(asking: lease)
                resealed += done.resealed
                let isOver = done.busy.isEmpty || .now + Self.pause > end
                guard isOver || Task.isCancelled else {
                    await loaded.context.clock.sleep(for: Self.pause)
                    continue
                }
                return Report(
                    sealKey: use.configured[0], resealed: resealed.sorted(), already: done.already, busy: done.busy,
                    doubtful: done.doubtful, isComplete: done.isComplete, others: Array(use.configured.dropFirst()))
            }
        } catch { throw OperationFailure(error) }
    }

    /// A worker that has not the new key yet would be left without what it works on.
    private func requireKey(_ id: String, of journal: StoredJournal) async throws(JournalError) {
        let without = try await journal.workers().map(\.worker).filter { $0.sealKeys?.contains(id) != true }
        guard !without.isEmpty else { return }
        let names = listed(without.map { "\($0.host), process \($0.process)" }, by: "; ")
        throw JournalError(
            .leased,
            "workers that are up do not have the seal key \(id): \(names). Add it to `seal-key` there, have them reload the configuration (SIGHUP), and say `keyturn seal-key rotate` again after \(FleetWorker.patience.components.seconds) s. Nothing was changed"
        )
    }
}
