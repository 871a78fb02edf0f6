internal import AWS
internal import Configuration
internal import JSON
internal import PusherHost

extension PolicyDocument {
    /// The policy for the identity that a pusher signs with: what its plugin was granted, on what its targets name.
    ///
    /// - Parameters:
    ///   - name: of the pusher.
    ///   - finds: whether `find` is to see what no target names, too.
    package init(_ context: OperationContext, pusher name: String, finds: Bool = false) throws {
        let loaded = try LoadedConfiguration(context)
        guard let pusher = loaded.pushers.first(where: { $0.name == name }) else {
            let known = loaded.pushers.map(\.name)
            let near = Spelling.nearest(to: name, among: known).map { "; did you mean `\($0)`?" } ?? ""
            throw InvalidOption(message: "--pusher \(name): \(loaded.file) has no such pusher\(near)")
        }
        guard let account = pusher.account, let plugin = loaded.plugins[pusher.plugin] else {
            throw InvalidOption(
                message: "--pusher \(name): its plugin \(pusher.plugin) asks AWS for nothing, so it needs no policy")
        }
        let targets = loaded.users.flatMap(\.targets).filter { $0.pusher == name }
        guard !targets.isEmpty || finds else {
            throw OperationFailure(
                .configuration, "\(loaded.file) has no target of pusher `\(name)`, so there is nothing to allow")
        }
        let resources = plugin.manifest.resources
        let operations = try Self.granted(plugin, loaded)
        func isForFind(_ operation: String) -> Bool { resources[operation]?.isForFind ?? false }
        statements = Self.statements(
            operations.filter { !isForFind($0) }, resources, targets, loaded.account(account), account)
        let finding = operations.filter(isForFind)
        guard finds else { return }
        guard !finding.isEmpty else {
            throw InvalidOption(
                message:
                    "--find: pusher \(name) has no operation of AWS that only find asks for: its plugin has none, or they are not "
                    + "granted (`keyturn plugin pin \(plugin.manifest.id) --grant aws`)")
        }
        // What is looked through is not in the configuration, so no resource can be named.
        statements.append(Statement(name: "PusherFindsKeys", actions: finding, resources: ["*"]))
    }

    /// What the pin grants; where there is none yet, what the manifest asks for.
    private static func granted(_ plugin: Plugin, _ loaded: LoadedConfiguration) throws -> [String] {
        let admission = try Admission.with(loaded.configuration, loaded.context.installation)
        return (admission.pin(for: plugin)?.pin.grants.aws ?? plugin.manifest.asks.aws).sorted()
    }

    /// One statement for all operations on the same resources.
    private static func statements(
        _ operations: [String], _ resources: [String: AWSResource], _ targets: [ConfiguredTarget], _ account: Account,
        _ settings: Configuration.Account
    ) -> [Statement] {
        var actions: [[String]: [String]] = [:]
        var order: [[String]] = []
        for operation in operations {
            let service = String(operation.prefix { $0 != ":" })
            var arns: [String] = []
            for target in targets {
                guard let fields = try? JSONValue(parsing: target.fields) else { continue }
                guard let resource = resources[operation], !resource.isEverything else {
                    arns.append("*")
                    continue
                }
                guard let end = resource.filled(fields) else { continue }
                let region = fields["region"]?.string ?? account.region
                let owner = settings.roleAccount ?? "*"
                arns.append("arn:\(Partition(region: region).rawValue):\(service):\(region):\(owner):\(end)")
            }
            let places = Set(arns).sorted()
            guard !places.isEmpty else { continue }
            if actions[places] == nil { order.append(places) }
            actions[places, default: []].append(operation)
        }
        return order.enumerated().map { index, places in
            Statement(
                name: "PusherWritesKeys\(order.count > 1 ? "\(index + 1)" : "")", actions: actions[places] ?? [],
                resources: places)
        }
    }
}
