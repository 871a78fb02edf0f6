internal import Configuration
internal import FoundationEssentials
internal import Journal
internal import StateStore

/// Copies the state to another place, and takes a state that was copied back into use.
package struct StateTransfer {
    /// What was copied.
    package struct Report: Encodable, Sendable {
        /// Where from and where to, without settings.
        package var from: String
        package var to: String
        package var users: Int
        package var lines: Int
        package var documents: Int
        /// The head over all users' histories, the same in both; nil: there are no lines.
        package var head: String?
    }

    private let loaded: LoadedConfiguration
    private let state: StateAccess

    package init(_ context: OperationContext) throws {
        loaded = try LoadedConfiguration(context)
        state = StateAccess(loaded, for: .working)
    }

    private func source() async throws -> StoredJournal {
        guard let journal = try await state.openIfThere() else {
            throw OperationFailure(.failed, "\(loaded.file): `state`: there is no state yet; nothing was changed")
        }
        return journal
    }

    /// - Parameter text: the place as `state` would name it; a path is relative to the working directory.
    /// - Throws: ``InvalidOption`` where it is not such a place.
    package func copy(to text: String) async throws -> Report {
        let location: StateLocation
        do throws(ConfigurationError) {
            location = try StateLocation(option: text, directory: FileManager.default.currentDirectoryPath)
        } catch { throw InvalidOption(message: "--to: \(error.message.replacing("`state` ", with: "it "))") }
        guard location.place != loaded.configuration.state.place else {
            throw InvalidOption(message: "--to: it is the place that `state` names already")
        }
        let source = try await source()
        let store: any StateStore
        do {
            guard let opened = try await loaded.context.openStore(loaded, location, true) else {
                throw OperationFailure(.failed, "\(location.place) cannot be made")
            }
            store = opened
        } catch let error as StoreError { throw OperationFailure(JournalError(error, at: location.place)) }
        do throws(JournalError) {
            let copy = StateCopy(from: source, to: try await StoredJournal(store, seal: nil))
            let done = try await copy.run(asking: Lease(owner: .current, lasting: .seconds(20)))
            return Report(
                from: loaded.configuration.state.place, to: location.place, users: done.users, lines: done.lines,
                documents: done.documents, head: done.head)
        } catch { throw OperationFailure(error) }
    }

    /// Says that an older backup was put back.
    package func noteRestoration() async throws {
        let source = try await source()
        do throws(JournalError) { try await source.noteRestoration() } catch { throw OperationFailure(error) }
    }

    /// - Returns: where the state had been copied to; nil: it was in use all the time.
    package func reopen() async throws -> String? {
        let source = try await source()
        do throws(JournalError) { return try await source.reopen() } catch { throw OperationFailure(error) }
    }
}
