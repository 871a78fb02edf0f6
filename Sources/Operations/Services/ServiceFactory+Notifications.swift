internal import Configuration
internal import Engine
internal import HTTP
internal import Journal
internal import Notifications
internal import Programs
internal import Rotation
internal import Secrets

extension ServiceFactory {
    /// How long a program may take that a message is given to.
    private static let programLimit: Duration = .seconds(30)

    /// Where messages go, with the secrets fetched.
    func destinations() async throws -> [Destination] {
        var names: [String: Int] = [:]
        let entries = loaded.configuration.notifications
        /// Two that look alike are kept apart by their place in the file.
        func unique(_ name: String) -> String {
            names[name, default: 0] += 1
            return names[name] == 1 ? name : "\(name) #\(names[name] ?? 0)"
        }
        let fetched = try await fetch(entries.flatMap(\.references))
        do throws(ConfigurationError) {
            var destinations: [Destination] = []
            for entry in entries {
                let (name, way) = try resolve(entry, fetched)
                destinations.append(
                    Destination(
                        name: unique(entry.owner.map { "\($0): \(name)" } ?? name), way: way,
                        occasions: entry.occasions, patience: entry.patience, digest: entry.digest, owner: entry.owner))
            }
            return destinations + loaded.users.compactMap(afterRotation)
        } catch { throw OperationFailure(error) }
    }

    /// A program that wants to know one thing about one user: that its new key is delivered.
    private func afterRotation(of user: ConfiguredUser) -> Destination? {
        user.afterRotation.map { hook in
            Destination(
                name: "after-rotation of \(user.name)", way: .command(program(hook.command, named: hook.environment)),
                occasions: [.delivered], patience: .zero, user: user.name)
        }
    }

    private func resolve(
        _ entry: NotificationEntry, _ fetched: FetchedSecrets
    ) throws(ConfigurationError) -> (name: String, way: Destination.Way) {
        let (configuration, environment) = (loaded.configuration, loaded.environment)
        switch entry.way {
        case .webhook(let url, let reference):
            let (url, shown) = try url.resolve(environment: environment, fetched: fetched, configuration)
            let secret = try reference.resolve(environment: environment, fetched: fetched)
            return ("webhook \(shown)", .webhook(url: url, secret: secret))
        case .slack(let url):
            let (url, shown) = try url.resolve(environment: environment, fetched: fetched, configuration)
            return ("slack \(shown)", .slack(url: url))
        case .teams(let url):
            let (url, shown) = try url.resolve(environment: environment, fetched: fetched, configuration)
            return ("teams \(shown)", .teams(url: url))
        case .pagerDuty(let url, let reference):
            let key = try NotificationEntry.integrationKey(reference, environment: environment, fetched: fetched)
            return ("pagerduty \(url)", .pagerDuty(url: url, key: key))
        case .email(let from, let to, let words):
            let route = MailRoute(from: from, to: to, program: program(words, named: []))
            return ("email \(listed(to, most: 1))", .email(route))
        case .command(let words, let names):
            return ("command \(words[0])", .command(program(words, named: names)))
        }
    }

    private func program(_ words: [String], named names: [String]) -> Program {
        let environment = loaded.environment
        return Program(
            words, environment: ProgramEnvironment.of(environment, named: names), timeLimit: Self.programLimit,
            secrets: names.compactMap { environment[$0].map { .text($0) } })
    }

    func makeSender(_ http: HTTPClients) -> Sender { Sender(http: http.notifications) }

    /// Sends what there is to say of all users of the configuration: what many of them share is said once, whoever of them is worked on.
    /// Nil: there are no receivers.
    ///
    /// - Parameter destinations: where, with the secrets fetched already.
    func makeNotifier(
        _ destinations: [Destination], _ journal: StoredJournal, _ http: HTTPClients
    ) async throws -> Notifier? {
        guard !destinations.isEmpty else { return nil }
        let sender = makeSender(http)
        let users = loaded.users.map { user in
            (user.name, NotifiedUser(policy: user.policy, owner: user.owner, account: user.account.label))
        }
        let notifier = try await Notifier(
            destinations, users: Dictionary(users) { first, _ in first },
            store: ToldBook(journal: journal), now: { SystemClock().now },
            time: { Moment.text($0) }, warn: { [log] in log.warn($0) }
        ) { message, destination in
            try await sender.send(message, to: destination, at: SystemClock().now.milliseconds / 1_000)
        }
        notifier.start()
        return notifier
    }
}

/// The state, as the notifier needs it.
private struct ToldBook: ToldStore {
    let journal: StoredJournal

    func told(at destination: String) async throws -> [String: NotificationState] {
        try await journal.told(at: destination)
    }
    func write(_ told: [String: NotificationState], at destination: String) async throws {
        try await journal.write(told, at: destination)
    }

    func rotations() async throws -> [String: Rotation] { try await journal.records().mapValues(\.rotation) }
}

extension Configuration.Account {
    /// What of the account distinguishes its credentials from those of others: equal where one cause keeps all of its users from going on.
    fileprivate var label: String {
        [role?.arn, role == nil ? profile : nil, endpoint].compactMap(\.self).joined(separator: " ")
    }
}
