internal import Configuration
internal import FoundationEssentials
internal import Journal
internal import SQLiteStore
internal import StateStore

/// The state of one operation: opened when it is first needed, and once, whoever asks after that.
actor StateAccess {
    /// What the state is opened for.
    enum Purpose: Sendable {
        /// To read what it says, without the seal key.
        case looking
        /// To read it, and to check with the seal key that nobody else wrote it.
        case checking
        /// To work on users.
        case working
    }

    /// Opens a store; nil: one in memory, for a state that is not there.
    typealias Opening = @Sendable (String?) throws(StoreError) -> any StateStore

    private let loaded: LoadedConfiguration
    private let purpose: Purpose
    private var journal: StoredJournal?
    private var seal: Seal?
    /// Of two that ask at the same moment, the second one waits for the first one's.
    private var opening: Task<StoredJournal, any Error>?

    init(_ loaded: LoadedConfiguration, for purpose: Purpose) { (self.loaded, self.purpose) = (loaded, purpose) }

    /// The one place that knows which store a `state` names.
    static let openSQLite: Opening = { path throws(StoreError) in try SQLiteStore(path: path) }

    /// What is known of all users. A state that is not there yet knows none, and is not made by looking.
    ///
    /// - Throws: ``OperationFailure``.
    func records() async throws -> [String: JournalRecord] {
        guard let journal = try await openIfThere() else { return [:] }
        do throws(JournalError) { return try await journal.records() } catch { throw OperationFailure(error) }
    }

    /// Reads the seal key, and opens a state that is there already.
    func check() async throws {
        if try await openIfThere() == nil { _ = try sealKey() }
    }

    /// The journal for looking; a state that is not there yet is empty.
    func read() async throws -> StoredJournal {
        if let journal = try await openIfThere() { return journal }
        return try await makeJournal(nil)
    }

    /// The journal for working. Makes the state where there is none.
    func open() async throws -> StoredJournal {
        guard FileManager.default.fileExists(atPath: loaded.stateDirectory) else {
            _ = try sealKey()
            throw OperationFailure(
                .configuration, "\(loaded.file): `state`: the directory \(loaded.stateDirectory) does not exist")
        }
        return try await openOnce()
    }

    /// Opens the state again when it is next asked for: the file may have been replaced.
    func forget() { journal = nil }

    /// The journal of a state that is there already; nil: none is.
    func openIfThere() async throws -> StoredJournal? {
        if let journal { return journal }
        guard FileManager.default.fileExists(atPath: loaded.configuration.state) else { return nil }
        return try await openOnce()
    }

    private func openOnce() async throws -> StoredJournal {
        if let journal { return journal }
        if let opening { return try await opening.value }
        let task = Task { try await makeJournal(loaded.configuration.state) }
        opening = task
        defer { opening = nil }
        let made = try await task.value
        journal = made
        return made
    }

    /// Read once; it may come from a command. nil: it is not needed.
    private func sealKey() throws -> Seal? {
        if purpose == .looking { return nil }
        if seal == nil { seal = try loaded.readSealKey() }
        return seal
    }

    private func makeJournal(_ path: String?) async throws -> StoredJournal {
        let seal = try sealKey()
        let store: any StateStore
        do throws(StoreError) { store = try loaded.context.openStore(path) } catch {
            throw OperationFailure(JournalError(error, at: path ?? "memory"))
        }
        do throws(JournalError) {
            guard purpose == .working else { return try await StoredJournal(store, seal: seal) }
            return try await StoredJournal(
                store, seal: seal, author: .current(command: loaded.context.command),
                retention: loaded.configuration.historyRetention)
        } catch { throw OperationFailure(error) }
    }
}
