internal import Configuration
internal import FoundationEssentials
internal import HTTP
internal import PusherHost

extension ServiceFactory {
    /// The pushers, with their secrets fetched. Nothing is started yet.
    ///
    /// - Parameter state: where other workers keep what they have spent of the tokens' limits; nil: it does not matter.
    func makeHost(
        _ http: HTTPClients, for users: [ConfiguredUser], sharing state: StateAccess? = nil
    ) async throws -> PusherHost {
        try await makeHost(http, pushers: Self.pushers(of: users), for: users, sharing: state)
    }

    /// The pushers of those names.
    ///
    /// - Parameter users: for whom they are needed, for error texts.
    func makeHost(
        _ http: HTTPClients, pushers used: Set<String>, for users: [ConfiguredUser] = [],
        sharing state: StateAccess? = nil
    ) async throws -> PusherHost {
        let installation = loaded.context.installation
        let runner = try installation.need(installation.runner)
        // A state in a file is of one machine, and of one process that works.
        let shelf = loaded.configuration.state.file == nil ? state.map { FleetLedgers(state: $0) } : nil
        let host = PusherHost(http: http.options, runner: runner, shelf: shelf) { [log] in log.write($0) }
        if let own = loaded.configuration.selfRotation {
            host.add(CredentialsFileTarget(file: OwnKeyRule(loaded).credentialsFile(of: own)), as: SelfRotation.pusher)
        }
        let admitted = try loaded.admit(Set(loaded.pushers.filter { used.contains($0.name) }.map(\.plugin)))
        let accounts = makeAccounts(http)
        let fetched = try await fetch(
            loaded.pushers.filter { used.contains($0.name) }.flatMap(\.secretReferences))
        for pusher in loaded.pushers where used.contains(pusher.name) {
            guard let admitted = admitted[pusher.plugin] else { continue }
            try check(pusher)
            let gaps = try acceptedGaps(of: admitted)
            do throws(ConfigurationError) {
                let (configuration, secrets, endpoint) = try pusher.resolve(
                    environment: loaded.environment, fetched: fetched)
                var settings = PusherSettings(
                    name: pusher.name, admitted: admitted, configuration: configuration, secrets: secrets,
                    endpoint: endpoint, acceptedGaps: gaps, pace: loaded.pace(of: pusher),
                    aws: makeSigner(for: pusher, accounts))
                settings.authorities = pusher.authorities
                host.add(settings)
            } catch {
                var error = error
                error.message += need(of: pusher, users)
                throw OperationFailure(error)
            }
        }
        return host
    }

    /// The parts of the sandbox that a pusher may run without.
    private func acceptedGaps(of admitted: AdmittedPlugin) throws -> [String] {
        let accepted = loaded.configuration.acceptedGaps
        let lacking = loaded.context.lackingParts
        if admitted.isShipped { return accepted + lacking }
        let open = lacking.filter { !accepted.contains($0) }
        guard open.isEmpty else {
            let id = admitted.plugin.manifest.id
            throw OperationFailure(
                .notAllowed,
                "plugin `\(id)` is not loaded: it did not come with keyturn, and it cannot be sandboxed here (no "
                    + "\(open.joined(separator: ", "))): it could read all that keyturn can, its AWS credentials and its state. Run "
                    + "it where the sandbox works, or accept that with `plugins: { accept-missing: "
                    + "[\(lacking.joined(separator: ", "))] }` in \(loaded.file)")
        }
        return accepted
    }

    private static func pushers(of users: [ConfiguredUser]) -> Set<String> {
        Set(users.flatMap { $0.targets.map(\.pusher) })
    }

    /// For whom a pusher is needed: "; it is needed for travis:acme/app of cicd-bot, and for 3 more targets".
    private func need(of pusher: ConfiguredPusher, _ users: [ConfiguredUser]) -> String {
        let targets = users.flatMap { user in
            user.targets.filter { $0.pusher == pusher.name }.map { "\($0.name) of \(user.name)" }
        }
        guard let first = targets.first else { return "" }
        let more = targets.count - 1
        return "; it is needed for \(first)"
            + (more == 0 ? "" : ", and for \(more) more \(more == 1 ? "target" : "targets")")
    }

    /// An endpoint that no request would go to is reported before a key is made for it.
    private func check(_ pusher: ConfiguredPusher) throws {
        if let file = pusher.authorities, !FileManager.default.isReadableFile(atPath: file) {
            throw OperationFailure(
                .configuration, "\(place(of: pusher)): `pushers.\(pusher.name).ca-file`: \(file) cannot be read")
        }
        guard let endpoint = pusher.endpoint else { return }
        guard let refusal = Self.refusal(ofPushersEndpoint: endpoint) else { return }
        throw OperationFailure(
            .configuration,
            "\(place(of: pusher)): `pushers.\(pusher.name).endpoint`: \(refusal)"
        )
    }

    private static func refusal(ofPushersEndpoint endpoint: String) -> String? {
        do throws(HTTPURL.Malformed) {
            return Grant(hosts: [], endpoint: endpoint).refusal(of: try HTTPURL(endpoint))
        } catch {
            return error.description
        }
    }

    /// Starts the pushers, so that a library that can never work is reported before anything is changed.
    ///
    /// - Returns: for each that has started, what keeps its process in.
    @discardableResult
    func start(
        _ host: PusherHost, for users: [ConfiguredUser]
    ) async throws -> [(pusher: String, confinement: [String])] {
        var started: [(pusher: String, confinement: [String])] = []
        let used = Self.pushers(of: users)
        for pusher in loaded.pushers where used.contains(pusher.name) {
            switch await host.start(pusher.name) {
            case .ready(let confinement): started.append((pusher.name, confinement))
            case .refused(let reason):
                throw OperationFailure(.configuration, "\(place(of: pusher)): `pushers.\(pusher.name)`: \(reason)")
            case .failed(let reason): log.warn("\(reason); its targets will stay unconfirmed until it works")
            }
        }
        return started
    }

    /// `keyturn.yaml:12`
    private func place(of pusher: ConfiguredPusher) -> String {
        let position = loaded.configuration.position(ofPusher: pusher.name)
        return "\(position.file):\(position.line)"
    }
}
