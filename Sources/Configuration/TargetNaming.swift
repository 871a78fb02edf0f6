internal import JSON
internal import JSONSchema
internal import Rotation

/// How a target gets its name: `pusher:place`, where the place is what the manifest's `place` fields say.
///
/// The first field that is there is the place itself, further ones follow behind `@`, and a variable of another name than
/// the usual one behind `#`: `github:acme/app@prod#DEPLOY_KEY_ID`. The variable is the key ID's, or the one that holds
/// both in a shape with one value, so that both shapes can stand side by side while jobs move from one to the other.
struct TargetNaming {
    /// The two variables: the target's field, and the variable's usual name.
    static let variables = [
        (field: "access-key-id", standard: "AWS_ACCESS_KEY_ID"),
        (field: "secret-access-key", standard: "AWS_SECRET_ACCESS_KEY"),
    ]

    var pusher: String
    var plugin: PluginDescription
    var fields: [String: JSONValue]

    var name: TargetName {
        let given = placeFields.compactMap { field -> String? in
            guard let value = fields[field], value != plugin.target.properties[field]?["default"] else { return nil }
            if case .bool(let flag) = value { return flag ? field : nil }
            return Self.word(value)
        }
        var name = "\(pusher):" + (given.isEmpty ? "default" : given.joined(separator: "@"))
        if let variable = variables.first, variable != Self.variables[0].standard { name += "#\(variable)" }
        return TargetName(name)
    }

    /// What the target's `shape` says, in the plugin's words.
    var shape: String { fields["shape"]?.string ?? plugin.target.properties["shape"]?["default"]?.string ?? "pair" }

    /// The names of the variables that are written, the key ID's first.
    var variables: [String] {
        writtenFields.compactMap { fields[$0]?.string ?? plugin.target.properties[$0]?["default"]?.string }
    }

    /// Fields that would name a variable in another shape.
    var unusedFields: [String] {
        let written = Set(writtenFields)
        return (plugin.shapes.values.flatMap(\.self) + Self.variables.map(\.field)).filter { !written.contains($0) }
            .sorted()
    }

    /// Whether both values are written as one: what a manifest lists under `shapes`.
    var isOneValue: Bool { plugin.shapes[shape] != nil }

    private var writtenFields: [String] { plugin.shapes[shape] ?? Self.variables.map(\.field) }

    /// A manifest without `place` means the required fields, and where there are none, all of the plugin's own.
    private var placeFields: [String] {
        if !plugin.place.isEmpty { return plugin.place }
        let variables = Set(Self.variables.map(\.field))
        let required = (plugin.target.definition["required"]?.strings ?? []).filter { !variables.contains($0) }
        return required.isEmpty ? fields.keys.filter { !variables.contains($0) }.sorted() : required
    }

    static func word(_ value: JSONValue) -> String { value.string ?? value.text }
}

extension ConfiguredTarget {
    /// The place without the pusher's name, which may change, and without the variable's.
    fileprivate var place: String { name.rawValue.drop { $0 != ":" }.prefix { $0 != "#" }.lowercased() }

    /// What stays the same when a pusher is renamed, and changes when another place or another variable is meant.
    func identity(_ plugin: String, _ service: String) -> String {
        "\(plugin) \(service) \(place) \(variables.sorted().joined(separator: ","))"
    }
}

/// Every variable of every place that is written, to find those that would be written twice.
struct PlaceBook {
    private var names: [String: ConfiguredTarget] = [:]

    mutating func enter(
        _ target: ConfiguredTarget, _ plugin: String, _ service: String
    ) throws(ConfigurationError) {
        let place = target.place
        for variable in target.variables {
            let written = "\(plugin) \(service) \(place) \(variable)"
            if let first = names[written] {
                throw ConfigurationError(
                    file: target.file, line: target.line,
                    "target `\(target.name)` is the same place as `\(first.name)` in \(position(of: first, from: target)): "
                        + "both write \(variable)")
            }
            names[written] = target
        }
        let name = target.name.rawValue.lowercased()
        if let first = names[name] {
            throw ConfigurationError(
                file: target.file, line: target.line,
                "the target's name `\(target.name)` is in \(position(of: first, from: target)) already")
        }
        names[name] = target
    }

    /// The file is named where it is another one.
    private func position(of target: ConfiguredTarget, from other: ConfiguredTarget) -> String {
        target.file == other.file ? "line \(target.line)" : "\(target.file):\(target.line)"
    }
}
