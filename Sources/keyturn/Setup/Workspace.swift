internal import AWS
internal import Configuration
internal import Engine
internal import FileTrust
internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import JSON
internal import JSONSchema
internal import Journal
internal import PusherHost
internal import Rotation
internal import SQLiteStore
internal import Secrets
internal import StateStore

/// The configuration with its plugins, checked: what every command but `init`, `demo` and `sandbox` begins with.
struct Workspace {
    let options: GlobalOptions
    let environment: [String: String]
    let configuration: Configuration
    let plugins: [String: Plugin]
    /// Plugins whose manifest is pinned. What matches patterns of another one's would be ruled by a stranger.
    private let pinnedManifests: Set<String>
    private(set) var pushers: [ConfiguredPusher] = []
    /// Those of `users`, and those that `discover` has found.
    private(set) var users: [ConfiguredUser] = []
    /// What `discover` found last.
    var remembered: FoundUsers
    /// What there is to say about the users that were found.
    private(set) var notes: [String] = []
    private(set) var problems: [String] = []

    init(_ options: GlobalOptions, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.options = options
        self.environment = environment
        do throws(ConfigurationError) {
            configuration = try Configuration(file: try Configuration.find(options.config, environment: environment))
            plugins = try Self.findPlugins(configuration)
            pinnedManifests = try Self.findPinned(plugins, configuration)
        } catch { throw CommandFailure(error) }
        try Self.checkState(of: configuration)
        remembered = configuration.discover.isEmpty ? FoundUsers() : try FoundUsers.read(state: configuration.state)
        do { try take(remembered) } catch let error as CommandFailure {
            // The file itself is in order: what was found once must not stop everybody.
            guard !remembered.users.isEmpty, (try? take(FoundUsers())) != nil else { throw error }
            remembered = FoundUsers()
            EventLog(options).warn(
                "what `discover` found last (\(FoundUsers.path(state: configuration.state))) does not go with \(error.message). Those "
                    + "users are left alone until `keyturn step` has looked anew")
        }
    }

    /// Takes up the users of the file and those that were found.
    mutating func take(_ found: FoundUsers) throws {
        do throws(ConfigurationError) {
            let descriptions = plugins.mapValues {
                PluginDescription($0.manifest, isPinned: pinnedManifests.contains($0.manifest.id))
            }
            let resolution = try configuration.resolve(descriptions, found: found.users)
            (pushers, users) = (resolution.pushers, resolution.users)
            (notes, problems) = (resolution.notes, resolution.problems)
        } catch { throw CommandFailure(error) }
    }

    /// Who can write next to the state can put another one in its place.
    private static func checkState(of configuration: Configuration) throws {
        let state = configuration.state
        let directory = URL(fileURLWithPath: state).deletingLastPathComponent().path
        let files = FileManager.default
        var problem = files.fileExists(atPath: directory) ? Ownership.problem(ofDirectory: directory) : nil
        if problem == nil, files.fileExists(atPath: state) { problem = Ownership.problem(ofState: state) }
        guard let problem else { return }
        throw CommandFailure(.notAllowed, "\(configuration.file): `state` is not used: \(problem)")
    }

    var stateDirectory: String { URL(fileURLWithPath: configuration.state).deletingLastPathComponent().path }

    private static func findPlugins(_ configuration: Configuration) throws(ConfigurationError) -> [String: Plugin] {
        var plugins: [String: Plugin] = [:]
        for pusher in configuration.pushers where plugins[pusher.plugin] == nil {
            do throws(PluginError) {
                plugins[pusher.plugin] = try PluginSearch.with(configuration).find(pusher.plugin)
            } catch {
                throw ConfigurationError(
                    file: configuration.file, line: configuration.line(ofPusher: pusher.name),
                    "`pushers.\(pusher.name)`: \(error.description)")
            }
        }
        return plugins
    }

    /// The plugins whose manifest is pinned, their patterns checked.
    private static func findPinned(
        _ plugins: [String: Plugin], _ configuration: Configuration
    ) throws(ConfigurationError) -> Set<String> {
        // A lock file that cannot be read pins nothing; the commands that load plugins say what is wrong with it.
        guard let admission = try? Admission.with(configuration) else { return [] }
        var pinned: Set<String> = []
        for (id, plugin) in plugins where admission.vouches(for: plugin) {
            if let fault = plugin.patternFault {
                let pusher = configuration.pushers.first { $0.plugin == id }?.name ?? id
                throw ConfigurationError(
                    file: configuration.file, line: configuration.line(ofPusher: pusher),
                    "`pushers.\(pusher)`: \(fault)")
            }
            pinned.insert(id)
        }
        return pinned
    }

    /// The users of a selection; all where it is empty.
    func select(_ names: [String]) throws -> [ConfiguredUser] {
        for name in names where !users.contains(where: { $0.name == name }) {
            let known = users.map(\.name)
            let near = Spelling.nearest(to: name, among: known).map { "; did you mean `\($0)`?" }
            let list =
                known.isEmpty ? "; no user is there yet" : "; it has: \(known.prefix(10).joined(separator: ", "))"
            let more = known.count > 10 ? " and \(known.count - 10) more" : ""
            let hint = configuration.discover.isEmpty ? "" : "; `keyturn step` finds new ones"
            throw CommandFailure(.failed, "\(configuration.file) has no user `\(name)`\(near ?? list + more)\(hint)")
        }
        return names.isEmpty ? users : users.filter { names.contains($0.name) }
    }

    /// The journal for looking; a state that is not there yet is empty.
    func readJournal(withSealKey: Bool = false) async throws -> StoredJournal {
        let seal = withSealKey ? try readSealKey() : nil
        let exists = FileManager.default.fileExists(atPath: configuration.state)
        let store = try openStore(exists ? configuration.state : nil)
        do throws(JournalError) { return try await StoredJournal(store, seal: seal) } catch {
            throw CommandFailure(error)
        }
    }

    /// The journal for working, with the seal key.
    func openJournal() async throws -> StoredJournal {
        let seal = try readSealKey()
        let directory = stateDirectory
        guard FileManager.default.fileExists(atPath: directory) else {
            throw CommandFailure(
                .configuration, "\(configuration.file): `state`: the directory \(directory) does not exist")
        }
        let command = CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") } ?? "keyturn"
        let store = try openStore(configuration.state)
        do throws(JournalError) {
            return try await StoredJournal(
                store, seal: seal, author: .current(command: command), retention: configuration.historyRetention)
        } catch { throw CommandFailure(error) }
    }

    /// Opens a state that is there already, and checks that it was sealed with this key.
    func checkState() async throws {
        _ = try readSealKey()
        if FileManager.default.fileExists(atPath: configuration.state) { _ = try await readJournal(withSealKey: true) }
    }

    private func openStore(_ path: String?) throws -> any StateStore {
        do throws(StoreError) { return try SQLiteStore(path: path) } catch {
            throw CommandFailure(JournalError(error, at: path ?? "memory"))
        }
    }

    func readSealKey() throws -> Seal {
        let file = configuration.file
        if case .file(let path) = configuration.sealKey.source {
            // systemd's LoadCredential gives the service's user access by an access control list, which shows as the group's.
            let isCredential = environment["CREDENTIALS_DIRECTORY"].map { path.hasPrefix($0 + "/") } ?? false
            var attributes = stat()
            let isThere = !isCredential && lstat(path, &attributes) == 0
            let mode = attributes.st_mode & 0o7777
            if isThere, mode & 0o077 != 0 {
                throw CommandFailure(
                    .configuration,
                    "\(file): `seal-key`: \(path) can be read by others (mode \(String(mode, radix: 8))); run chmod 600 \(path)"
                )
            }
        }
        do throws(ConfigurationError) {
            let text = try configuration.sealKey.resolve(environment: environment)
            let data = text.withBytes { Data(base64Encoded: Data($0), options: .ignoreUnknownCharacters) }
            guard let data, data.count == Seal.keyLength else {
                throw ConfigurationError(
                    file: file, line: configuration.sealKeyLine,
                    "`seal-key`: it is not \(Seal.keyLength) bytes in base64; `keyturn init` makes one")
            }
            return Seal(key: data.withUnsafeBytes { Secret(copying: $0) })
        } catch { throw CommandFailure(error) }
    }

    /// What every HTTP client of the process has in common. Each owner (AWS, each pusher, notifications) has a client of its
    /// own: nothing that one of them leaves on a connection can reach another.
    func makeHTTP() throws -> HTTPClients {
        var options = HTTPClient.Options()
        options.authorities = configuration.authorities
        if let authorities = options.authorities, !FileManager.default.isReadableFile(atPath: authorities) {
            throw CommandFailure(.configuration, "\(configuration.file): `ca-file`: \(authorities) cannot be read")
        }
        return HTTPClients(options)
    }

    func account(of user: ConfiguredUser) -> Account { account(user.account) }

    func account(_ settings: Configuration.Account) -> Account {
        let region = Account.region(configured: settings.region, profile: settings.profile, environment)
        let role = settings.role.map {
            Account.Role(arn: $0.arn, externalID: $0.externalID, sessionName: settings.roleSessionName)
        }
        return Account(region: region, profile: settings.profile, endpoint: settings.endpoint, role: role)
    }

    /// The AWS accounts, with credentials that all users share.
    func makeAccounts(_ http: HTTPClients, _ log: EventLog) -> Accounts {
        Accounts(http: http.aws, environment: environment) { log.warn($0) }
    }

    /// Users as the engine works on them.
    func manage(_ users: [ConfiguredUser], _ accounts: Accounts) -> [ManagedUser] {
        users.map { user in
            ManagedUser(
                name: user.name, userName: user.userName, keys: IAMKeys(iam: accounts.iam(account(of: user))),
                policy: user.policy,
                targets: user.targets.map(ManagedTarget.init), comesLast: user.isOwn,
                forgotten: configuration.forgotten)
        }
    }

    /// The pushers, with their secrets fetched. Nothing is started yet.
    func makeHost(_ http: HTTPClients, _ log: EventLog, for users: [ConfiguredUser]) throws -> PusherHost {
        let runner = try Installation.current.need(Installation.current.runner)
        let host = PusherHost(http: http.options, runner: runner) { log.write($0) }
        let used = Set(users.flatMap { $0.targets.map(\.pusher) })
        if let own = configuration.selfRotation {
            host.add(CredentialsFileTarget(file: ownFile(own)), as: SelfRotation.pusher)
        }
        let admitted = try admit(Set(pushers.filter { used.contains($0.name) }.map(\.plugin)))
        for pusher in pushers where used.contains(pusher.name) {
            guard let admitted = admitted[pusher.plugin] else { continue }
            try check(pusher)
            do throws(ConfigurationError) {
                let (configuration, secrets) = try pusher.resolve(environment: environment)
                host.add(
                    PusherSettings(
                        name: pusher.name, admitted: admitted, configuration: configuration, secrets: secrets,
                        endpoint: pusher.endpoint, acceptedGaps: self.configuration.acceptedGaps,
                        pace: pace(of: pusher)))
            } catch {
                var error = error
                error.message += need(of: pusher, users)
                throw CommandFailure(error)
            }
        }
        return host
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

    /// How fast a pusher may ask its service.
    func pace(of pusher: ConfiguredPusher) -> PaceRules? {
        guard let rules = plugins[pusher.plugin]?.manifest.pace else { return nil }
        return pusher.limits.map { rules.with(limits: $0) } ?? rules
    }

    /// An endpoint that no request would go to is told before a key is made for it.
    private func check(_ pusher: ConfiguredPusher) throws {
        guard let endpoint = pusher.endpoint else { return }
        guard let refusal = Self.refusal(ofPushersEndpoint: endpoint) else { return }
        throw CommandFailure(
            .configuration,
            "\(configuration.file):\(configuration.line(ofPusher: pusher.name)): `pushers.\(pusher.name).endpoint`: \(refusal)"
        )
    }

    private static func refusal(ofPushersEndpoint endpoint: String) -> String? {
        do throws(HTTPURL.Malformed) {
            return Grant(hosts: [], endpoint: endpoint).refusal(of: try HTTPURL(endpoint))
        } catch {
            return error.description
        }
    }

    /// Starts the pushers, so that a library that can never work is told before anything is changed.
    ///
    /// - Returns: for each that has started, what keeps its process in.
    @discardableResult
    func start(
        _ host: PusherHost, _ log: EventLog, for users: [ConfiguredUser]
    ) async throws -> [(pusher: String, confinement: [String])] {
        var started: [(pusher: String, confinement: [String])] = []
        let used = Set(users.flatMap { $0.targets.map(\.pusher) })
        for pusher in pushers where used.contains(pusher.name) {
            switch await host.start(pusher.name) {
            case .ready(let confinement): started.append((pusher.name, confinement))
            case .refused(let reason):
                throw CommandFailure(
                    .configuration,
                    "\(configuration.file):\(configuration.line(ofPusher: pusher.name)): `pushers.\(pusher.name)`: \(reason)"
                )
            case .failed(let reason): log.warn("\(reason); its targets will stay unconfirmed until it works")
            }
        }
        return started
    }
}

extension ManagedTarget {
    init(_ target: ConfiguredTarget) {
        self.init(target.name, isOneValue: target.variables.count == 1, identity: target.identity)
    }
}

extension PusherTarget {
    init(_ target: ConfiguredTarget) {
        self.init(
            name: target.name, pusher: target.pusher, fields: target.fields, exclusive: target.exclusive)
    }
}

extension PluginDescription {
    /// - Parameter isPinned: false: the schemas count without their patterns.
    init(_ manifest: Manifest, isPinned: Bool) {
        self.init(
            configuration: isPinned ? manifest.configuration : manifest.configuration.withoutPatterns,
            target: isPinned ? manifest.target : manifest.target.withoutPatterns, secrets: manifest.secrets,
            place: manifest.place, exclusive: manifest.exclusive, shapes: manifest.shapes,
            limits: PaceRules.limitsSchema)
    }
}
