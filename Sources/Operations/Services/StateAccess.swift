internal import AWS
internal import Configuration
internal import DynamoStore
internal import FileTrust
internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import Journal
internal import PostgresStore
internal import SQLiteStore
internal import StateStore

/// The state of one operation: opened when it is first needed, and once, whoever asks after that.
actor StateAccess {
    /// What the state is opened for.
    enum Purpose: Sendable {
        /// To read what it says, without the seal key.
        case looking
        /// To read it, and to check with the seal key that no one else wrote it.
        case checking
        /// To work on users.
        case working
    }

    /// Opens a store: of which configuration, where, and whether it is made where there is none. No place: one in memory, for a state
    /// that is not there. nil: there is none, and none was to be made.
    typealias Opening = @Sendable (LoadedConfiguration, StateLocation?, Bool) async throws -> (any StateStore)?

    private let loaded: LoadedConfiguration
    private let purpose: Purpose
    private var journal: StoredJournal?
    /// Read once: a key may come from a command or from KMS.
    private var ring: SealKeyring?
    /// Of two that ask at the same moment, the second one waits for the first one's.
    private var opening: Task<StoredJournal?, any Error>?

    init(_ loaded: LoadedConfiguration, for purpose: Purpose) { (self.loaded, self.purpose) = (loaded, purpose) }

    /// The one place that knows which store a `state` names.
    static let openStore: Opening = { loaded, location, makes in
        switch location {
        case nil: return try SQLiteStore(path: nil)
        case .sqlite(let path):
            guard makes || FileAccess.isThere(path) else { return nil }
            // SQLite says of all of these that it is unable to open the file.
            if let refusal = FileAccess.refusal(ofDatabase: path) {
                throw StoreError(StateAccess.isDenial(refusal.number) ? .denied : .unavailable, refusal.text)
            }
            return try SQLiteStore(path: path)
        case .postgres(let address, let password):
            let fetched = try await ServiceFactory(loaded).fetch(password.map { [$0] } ?? [])
            let secret = try password.map { reference throws(ConfigurationError) in
                try reference.resolve(environment: loaded.environment, fetched: fetched)
            }
            return try await PostgresStore.open(
                address, password: secret,
                authorities: loaded.configuration.authorities ?? TrustStore.effectiveFile, makes: makes)
        case .dynamo(let table, let region, let endpoint):
            // Connections of its own, which stay for as long as the state is used.
            let factory = ServiceFactory(loaded)
            let http = try factory.makeHTTP()
            let accounts = factory.makeAccounts(http)
            let account = loaded.account(loaded.configuration.account)
            var place = account
            if let region { place.region = region }
            if let endpoint { place.endpoint = endpoint }
            do {
                let store = try await DynamoStore(
                    table: table, account: place, source: accounts.credentials(of: account), http: accounts.http,
                    environment: loaded.environment, clock: accounts.clock, makes: makes)
                if store == nil { http.stop() }
                return store
            } catch {
                // Whoever looks again and again must not leave a thread behind each time.
                http.stop()
                throw error
            }
        }
    }

    /// Whether the system's `errno` says that this user may not.
    private static func isDenial(_ number: Int32) -> Bool { [EACCES, EPERM, EROFS].contains(number) }

    /// Why the file of a state that is not there yet could not be made; nil: it could be, or is no file. Makes nothing.
    static func obstacle(_ loaded: LoadedConfiguration) -> OperationFailure? {
        guard let path = loaded.configuration.state.file, let refusal = FileAccess.refusal(ofDatabase: path) else {
            return nil
        }
        return OperationFailure(
            isDenial(refusal.number) ? .notAllowed : .configuration, "\(loaded.file): `state`: \(refusal.text)")
    }

    /// What is known of all users. A state that is not there yet knows none, and is not made by looking.
    ///
    /// - Throws: ``OperationFailure``.
    func records() async throws -> [String: JournalRecord] {
        guard let journal = try await openIfThere() else { return [:] }
        do throws(JournalError) { return try await journal.records() } catch { throw OperationFailure(error) }
    }

    /// Reads the seal keys, and opens a state that is there already. Whether KMS would make one is tried as well, where there is none.
    func check() async throws {
        if try await openIfThere() == nil, purpose != .looking { try await sealKeys().prepare() }
    }

    /// Why nothing can be done with a state that can be looked at: its seal key is missing, or another one. Of keys in files alone, which
    /// cost nothing to read; one that only another user may read says nothing to this one.
    ///
    /// - Returns: nil: it is the right one, or that is not known.
    func doubtAboutSealKey() async -> String? {
        let files = sealKeyFiles
        guard files.count == loaded.configuration.sealKeys.count,
            files.allSatisfy({ access($0, R_OK) == 0 || errno == ENOENT }),
            let journal = try? await openIfThere()
        else { return nil }
        do {
            guard try await journal.sealedState(for: nil) != .unsealed else { return nil }
            guard let seal = try await SealKeyring(loaded).atHand else { return nil }
            guard try await journal.sealedState(for: seal) == .byAnotherKey else { return nil }
            let needed = await journal.sentenceOnSealKeys().map { ". \($0)" } ?? ""
            return
                "the state was sealed with another seal key than that in \(files.joined(separator: ", ")) "
                + "(\(seal.ids.joined(separator: ", "))): it can be looked at, and nothing is done until the former key is back\(needed)"
        } catch { return OperationFailure.words(error) }
    }

    /// The name of each configured seal key and the file that it is in: `1a2b3c4d5e6f in /etc/keyturn/seal.key`; nil: one is not in a file, or
    /// its file may not be read.
    ///
    /// - Throws: ``OperationFailure`` where a file holds no seal key.
    func namedSealKeyFiles() async throws -> String? {
        let files = sealKeyFiles
        guard files.count == loaded.configuration.sealKeys.count,
            files.allSatisfy({ TrustedFile.problem(of: $0) == nil && loaded.exposure(ofSealKey: $0) == nil }),
            let seal = try await SealKeyring(loaded).atHand
        else { return nil }
        return zip(seal.ids, files).map { "\($0) in \($1)" }.joined(separator: ", ")
    }

    private var sealKeyFiles: [String] {
        loaded.configuration.sealKeys.compactMap { source in
            if case .kept(let reference) = source { reference.path } else { nil }
        }
    }

    /// The seal keys, for what is derived from them. The state is opened only where it keeps one, and never made.
    ///
    /// - Returns: nil: KMS has made none yet.
    func seal() async throws -> Seal? {
        let ring = try await sealKeys()
        if let seal = await ring.atHand { return seal }
        guard let store = try await openStore(loaded.configuration.state, makes: false) else { return nil }
        do { return try await ring.seal(in: store, writes: false) } catch let error as JournalError {
            throw OperationFailure(error)
        }
    }

    /// The journal for looking; a state that is not there yet is empty.
    func read() async throws -> StoredJournal {
        if let journal = try await openIfThere() { return journal }
        guard let empty = try await makeJournal(nil, makes: true) else {
            throw OperationFailure(.failed, "a state in memory cannot be made")
        }
        return empty
    }

    /// The journal for working. Makes the state where there is none.
    func open() async throws -> StoredJournal {
        if let obstacle = Self.obstacle(loaded) {
            if purpose != .looking { _ = try await sealKeys() }
            throw obstacle
        }
        guard let journal = try await openOnce(makes: true) else {
            throw OperationFailure(.failed, "\(loaded.file): `state`: it is gone")
        }
        do throws(JournalError) { try await journal.requireInUse() } catch { throw OperationFailure(error) }
        return journal
    }

    /// Opens a state that is a file again when it is next asked for: it may have been replaced. A server's connections recover by themselves.
    /// What replaced it may keep another seal key.
    func forget() {
        guard loaded.configuration.state.file != nil else { return }
        journal = nil
        if ring?.needsState == true { ring = nil }
    }

    /// The journal for looking; nil: there is no state yet.
    func openIfThere() async throws -> StoredJournal? {
        try await openOnce(makes: false)
    }

    /// Of a state that does not exist yet, and what makes it: it looks like one without rotations otherwise.
    nonisolated var absence: String {
        "The state at \(loaded.configuration.state.place) does not exist yet: `keyturn run` or `keyturn step` makes it."
    }

    private func openOnce(makes: Bool) async throws -> StoredJournal? {
        if let journal { return journal }
        if let opening, let journal = try await opening.value { return journal }
        let task = Task { try await makeJournal(loaded.configuration.state, makes: makes) }
        opening = task
        defer { opening = nil }
        let made = try await task.value
        journal = made
        return made
    }

    private func sealKeys() async throws -> SealKeyring {
        if let ring { return ring }
        let read = try await SealKeyring(loaded)
        ring = read
        return read
    }

    private func makeJournal(_ location: StateLocation?, makes: Bool) async throws -> StoredJournal? {
        // Before anything is made: a seal key that cannot be read leaves no empty state behind.
        let ring = purpose == .looking ? nil : try await sealKeys()
        let makesAtOnce = makes && ring?.needsState != true
        var found = try await openStore(location, makes: makesAtOnce)
        if found == nil, makes, !makesAtOnce {
            try await ring?.prepare()
            found = try await openStore(location, makes: true)
        }
        guard let store = found else { return nil }
        do {
            guard let ring else { return try await StoredJournal(store, seal: nil) }
            // A state in memory is no one's: it is written whatever it is for.
            let seal = try await ring.seal(in: store, writes: purpose == .working || location == nil)
            guard let seal else { return nil }
            guard purpose == .working else { return try await StoredJournal(store, seal: seal) }
            return try await StoredJournal(
                store, seal: seal, author: .current(command: loaded.context.command),
                retention: loaded.configuration.historyRetention)
        } catch let error as JournalError { throw OperationFailure(error) }
    }

    private func openStore(_ location: StateLocation?, makes: Bool) async throws -> (any StateStore)? {
        do { return try await loaded.context.openStore(loaded, location, makes) } catch let error as StoreError {
            throw OperationFailure(JournalError(error, at: location?.place ?? "memory"))
        } catch let error as ConfigurationError { throw OperationFailure(error) }
    }
}
