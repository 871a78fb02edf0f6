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
    /// Looks for the users of `discover` in their accounts, and takes them up beside those of `users`.
    ///
    /// Where an entry's account cannot be asked, the users that it found last stay as they are: nothing is forgotten, and a
    /// rotation under way goes on.
    ///
    /// - Parameter remembers: whether what was found is kept for the commands that ask nobody. Those that change nothing
    ///   leave it as it is.
    /// - Returns: nil where the configuration discovers nothing.
    mutating func discover(_ accounts: Accounts, remembers: Bool) async throws -> DiscoveryReport? {
        guard !configuration.discover.isEmpty else { return nil }
        var report = DiscoveryReport()
        var found = FoundUsers()
        for entry in configuration.discover {
            do throws(AWSError) { found.users[entry.identity] = try await look(for: entry, accounts) } catch {
                let last = remembered.users[entry.identity]
                found.users[entry.identity] = last
                let known = last.map { "the \($0.count) users that it found before stay as they are" }
                report.problems.append(
                    Finding(
                        "discover \(entry.label)", ExitStatus(error),
                        "\(error.description). \(known ?? "It has found nobody before"), and new ones are not looked for"
                    ))
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
        if remembers, found != remembered, FileManager.default.fileExists(atPath: stateDirectory ?? "") {
            try found.write(state: configuration.state.file ?? "")
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
    mutating func discover(remembers: Bool) async throws -> ExitStatus {
        guard !configuration.discover.isEmpty else { return .done }
        let factory = ServiceFactory(self)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let report = try await discover(factory.makeAccounts(http), remembers: remembers)
        report?.tell(log)
        return report?.status ?? .done
    }
}
