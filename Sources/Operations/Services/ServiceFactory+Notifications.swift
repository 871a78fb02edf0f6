internal import Configuration
internal import Engine
internal import HTTP
internal import Journal
internal import Notifications
internal import Programs
internal import Rotation
internal import Secrets

extension ServiceFactory {
    /// Where messages go, with the secrets fetched.
    func destinations() async throws -> [Destination] {
        var names: [String: Int] = [:]
        let (configuration, environment) = (loaded.configuration, loaded.environment)
        /// Two that look alike are distinguished by their place in the file.
        func unique(_ name: String) -> String {
            names[name, default: 0] += 1
            return names[name] == 1 ? name : "\(name) #\(names[name] ?? 0)"
        }
        let fetched = try await fetch(configuration.notifications.flatMap(\.references))
        do throws(ConfigurationError) {
            var destinations: [Destination] = []
            for entry in configuration.notifications {
                let (name, way): (String, Destination.Way)
                switch entry.way {
                case .webhook(let url, let reference):
                    let (url, shown) = try url.resolve(environment: environment, fetched: fetched, configuration)
                    (name, way) = (
                        "webhook \(shown)",
                        .webhook(
                            url: url, secret: try reference.resolve(environment: environment, fetched: fetched))
                    )
                case .slack(let url):
                    let (url, shown) = try url.resolve(environment: environment, fetched: fetched, configuration)
                    (name, way) = ("slack \(shown)", .slack(url: url))
                case .command(let words, let names):
                    let program = Program(
                        words, environment: ProgramEnvironment.of(environment, named: names), timeLimit: .seconds(30),
                        secrets: names.compactMap { environment[$0].map { .text($0) } })
                    (name, way) = ("command \(words[0])", .command(program))
                }
                destinations.append(
                    Destination(name: unique(name), way: way, occasions: entry.occasions, patience: entry.patience))
            }
            return destinations
        } catch { throw OperationFailure(error) }
    }

    func makeSender(_ http: HTTPClients) -> Sender { Sender(http: http.notifications) }

    /// Notifies about these users; nil: no one wants to know.
    ///
    /// - Parameter destinations: where, with the secrets fetched already.
    func makeNotifier(
        _ destinations: [Destination], _ journal: StoredJournal, _ http: HTTPClients, for users: [ConfiguredUser]
    ) async throws -> Notifier? {
        guard !destinations.isEmpty else { return nil }
        let sender = makeSender(http)
        let notifier = try await Notifier(
            destinations, users: Dictionary(users.map { ($0.name, $0.policy) }) { first, _ in first },
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
