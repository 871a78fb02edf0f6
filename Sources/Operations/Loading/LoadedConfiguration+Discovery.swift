internal import AWS
internal import Configuration
internal import FoundationEssentials

/// How a discovery went.
struct DiscoveryReport {
    /// What an operator may want to know.
    var notes: [String] = []
    /// What did not work, with the exit status that it leads to.
    var problems: [Finding] = []

    var status: ExitStatus { problems.map(\.status).worst }

    func tell(_ log: EventLog) {
        notes.forEach { log.tell($0) }
        problems.forEach { log.warn("\($0.subject): \($0.detail)") }
    }
}

extension LoadedConfiguration {
    /// Reads the configuration, and recalls the users that `discover` found last from the state.
    ///
    /// - Returns: with the state, which is open already if something was recalled.
    static func recalled(
        _ context: OperationContext, for purpose: StateAccess.Purpose
    ) async throws -> (LoadedConfiguration, StateAccess) {
        var loaded = try LoadedConfiguration(context)
        let state = StateAccess(loaded, for: purpose)
        try await loaded.recall(from: state)
        return (loaded, state)
    }

    private mutating func recall(from state: StateAccess) async throws {
        guard !configuration.discover.isEmpty, let journal = try await state.openIfThere() else { return }
        let found: FoundUsers
        do { found = try await FoundUsers(in: journal) } catch is FoundUsers.Unreadable {
            return warnOfFound("cannot be read")
        }
        do throws(OperationFailure) { try take(found) } catch {
            // The file itself is in order: what was found once must not stop everyone.
            return warnOfFound("does not match \(error.message)")
        }
        remembered = found
    }

    private func warnOfFound(_ trouble: String) {
        log.warn(
            "what `discover` found last (kept in \(configuration.state.place)) \(trouble). Those users are left alone until "
                + "`keyturn step` has looked again")
    }

    /// Looks for the users of `discover` in their accounts, and adds them to those of `users`.
    ///
    /// Where an entry's account cannot be asked, the users that it found last stay as they are: nothing is forgotten, and a
    /// rotation in progress goes on.
    ///
    /// - Parameter state: keeps what was found for the commands that ask no one; nil: nothing is kept, as an operation wants that
    ///   changes nothing.
    /// - Returns: nil where the configuration discovers nothing.
    mutating func discover(_ accounts: Accounts, keptIn state: StateAccess?) async throws -> DiscoveryReport? {
        guard !configuration.discover.isEmpty else { return nil }
        var report = DiscoveryReport()
        var found = FoundUsers()
        var unasked: Set<String> = []
        for entry in configuration.discover {
            do throws(AWSError) { found.users[entry.identity] = try await look(for: entry, accounts) } catch {
                let last = remembered.users[entry.identity]
                found.users[entry.identity] = last
                unasked.insert(entry.identity)
                let known = last.map { "the \($0.count) users that it found before stay as they are" }
                report.problems.append(
                    Finding(
                        "discover \(entry.label)", ExitStatus(error),
                        Sentences.joined(
                            error.description,
                            "\(known ?? "It has found no users before"), and new ones are not looked for")))
            }
        }
        let before = users
        try take(found)
        report.notes = notes
        let now = Set(users.map(\.name))
        for user in before where user.origin != nil && !now.contains(user.name) {
            report.notes.append(
                "\(user.name) is not found by `discover` any more: nothing more is done for it, and its keys stay as they are"
            )
        }
        report.problems += problems.map { Finding("discover", .failed, $0) }
        if let state, stateDirectory.map({ FileManager.default.fileExists(atPath: $0) }) ?? true {
            try await found.keep(in: state.open(), except: unasked)
        }
        remembered = found
        return report
    }

    private func look(
        for entry: Configuration.DiscoverEntry, _ accounts: Accounts
    ) async throws(AWSError) -> [DiscoveredUser] {
        let iam = accounts.iam(account(entry.account))
        let used = entry.usedTags
        return try await iam.users(under: entry.path, withTags: entry.needsTags).compactMap { user in
            if let tag = entry.tag {
                guard let value = user.tags[tag.name], tag.value == nil || tag.value == value else { return nil }
            }
            return DiscoveredUser(userName: user.name, tags: user.tags.filter { used.contains($0.key) })
        }
    }

    /// For operations that end: looks, and reports in the log how that went.
    ///
    /// - Returns: the exit status that it leads to.
    mutating func discover(keptIn state: StateAccess?) async throws -> ExitStatus {
        guard !configuration.discover.isEmpty else { return .done }
        let factory = ServiceFactory(self)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let report = try await discover(factory.makeAccounts(http), keptIn: state)
        report?.tell(log)
        return report?.status ?? .done
    }
}
