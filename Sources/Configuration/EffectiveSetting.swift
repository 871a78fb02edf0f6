internal import JSON
internal import Rotation

/// A setting as it holds, and where it comes from.
public struct EffectiveSetting: Hashable, Sendable {
    /// Its name in the file.
    public var name: String
    /// Its value, as the file would have it. Never a secret: of one, it is where it is kept.
    public var value: String
    /// `keyturn.yaml:12`, `keyturn.yaml:5 (defaults)` or `default`.
    public var from: String
}

extension Configuration {
    private static let standard = "default"

    private func here(_ path: String...) -> String { "\(file):\(root.line(at: path))" }

    /// Whether the file has that name at its top.
    private func has(_ name: String) -> Bool { topNames.contains(name) }

    /// What holds for the whole configuration.
    public var effectiveSettings: [EffectiveSetting] {
        func setting(_ name: String, _ value: String?, unset: String) -> EffectiveSetting {
            EffectiveSetting(name: name, value: value ?? unset, from: has(name) ? here(name) : Self.standard)
        }
        func count(_ entries: Int) -> String? {
            entries == 0 ? nil : "\(entries) \(entries == 1 ? "entry" : "entries")"
        }
        var settings = [setting("state", state.place, unset: "")]
        settings += sealKeys.map { key in
            let words: String =
                switch key {
                case .kept(let reference): reference.source.words
                case .kms(let key): "kms \(key.key)"
                }
            return EffectiveSetting(name: "seal-key", value: words, from: "\(file):\(key.line)")
        }
        settings.append(setting("ca-file", authorities, unset: "the system's"))
        settings.append(
            EffectiveSetting(
                name: "plugins.path",
                value: pluginPath.isEmpty ? "the installed ones" : pluginPath.joined(separator: ", "),
                from: has("plugins") ? here("plugins", "path") : Self.standard))
        settings.append(
            EffectiveSetting(
                name: "plugins.lock", value: lock, from: has("plugins") ? here("plugins", "lock") : Self.standard))
        if !acceptedGaps.isEmpty {
            settings.append(
                EffectiveSetting(
                    name: "plugins.accept-missing", value: acceptedGaps.joined(separator: ", "),
                    from: here("plugins", "accept-missing")))
        }
        settings.append(setting("users-at-once", usersAtOnce.map { "\($0)" }, unset: "256"))
        settings.append(setting("history.keep", historyRetention.map(DurationText.text), unset: "for ever"))
        settings.append(setting("listen", listen?.description, unset: "none"))
        settings.append(setting("notifications", count(notifications.count), unset: "none"))
        settings.append(setting("discover", count(discover.count), unset: "none"))
        settings.append(
            setting("include", includePatterns.isEmpty ? nil : includePatterns.joined(separator: ", "), unset: "none"))
        return settings
    }

    /// Where a user's own settings are written: its entry, that of `discover` which found it, or `self-rotation`.
    private struct Section {
        var file: String
        var lines: [String: Int]
        var targets: [Field]
    }

    private func section(of user: ConfiguredUser) -> Section {
        if let entry = users.first(where: { $0.name == user.name }) {
            return Section(file: entry.file, lines: entry.lines, targets: entry.targets.map(\.field))
        }
        if let entry = discover.first(where: { $0.origin == user.origin }) {
            return Section(file: entry.file, lines: entry.lines, targets: entry.targets.map(\.field))
        }
        var lines = root.member("self-rotation")?.lines ?? [:]
        // keyturn's own key is rotated when due because the section is there, and its profile is the account's.
        lines["first-rotation"] = lines["first-rotation"] ?? root.lines["self-rotation"]
        lines["aws.profile"] = lines["profile"]
        return Section(file: file, lines: lines, targets: [])
    }

    /// What holds for one user: times and limits, and the account.
    public func effectiveSettings(of user: ConfiguredUser) -> [EffectiveSetting] {
        let section = section(of: user)
        var settings = user.policy.settings.map { own in
            let from: String =
                if let line = section.lines[own.name] {
                    "\(section.file):\(line)"
                } else if defaultNames.contains(own.name) {
                    "\(here("defaults", own.name)) (defaults)"
                } else {
                    Self.standard
                }
            return EffectiveSetting(name: own.name, value: own.value, from: from)
        }
        let account = user.account
        for (name, value) in [
            ("region", account.region), ("profile", account.profile), ("role-arn", account.role?.arn),
            ("role-session-name", account.roleSessionName), ("endpoint-url", account.endpoint),
        ] where value != nil || name == "region" {
            let from = value == nil ? "the environment" : place(ofAccount: name, section)
            settings.append(EffectiveSetting(name: "aws.\(name)", value: value ?? "the environment's", from: from))
        }
        return settings
    }

    private func place(ofAccount name: String, _ section: Section) -> String {
        if let line = section.lines["aws.\(name)"] { return "\(section.file):\(line)" }
        return root.member("aws")?.lines[name].map { "\(file):\($0)" } ?? Self.standard
    }

    /// What holds for one target: its fields, and what takes the place of those that the file leaves out.
    ///
    /// - Parameter index: of the target among the user's.
    public func effectiveSettings(
        of target: ConfiguredTarget, at index: Int, of user: ConfiguredUser
    ) -> [EffectiveSetting] {
        let section = section(of: user)
        let lines = section.targets.indices.contains(index) ? section.targets[index].lines : [:]
        let standards = Dictionary(uniqueKeysWithValues: TargetNaming.variables.map { ($0.field, $0.standard) })
        return target.values.sorted { $0.key < $1.key }.compactMap { name, value in
            let text = value.string ?? value.text
            let from: String
            if let line = lines[name] {
                from = "\(target.file):\(line)"
            } else if let standard = standards[name], text == standard {
                // Not every shape of a value has these two names in it.
                guard target.variables.contains(text) else { return nil }
                from = Self.standard
            } else if user.isOwn {
                from = place(ofAccount: name, section)
            } else if name == "region" {
                from = region(ofPusher: target.pusher)
            } else {
                from = "\(target.file):\(target.line)"
            }
            return EffectiveSetting(name: name, value: text, from: from)
        }
    }

    /// Where the region is written that a pusher's targets have unless they have their own.
    private func region(ofPusher name: String) -> String {
        let pusher = pushers.first { $0.name == name }
        guard let pusher, let line = pusher.field.member("aws")?.lines["region"] else { return here("aws", "region") }
        return "\(pusher.file):\(line)"
    }
}

extension Policy {
    /// What holds where the file says nothing.
    static var standard: Policy {
        // Whoever writes a configuration wants targets to be asked first; the decisions themselves can do without.
        var standard = Policy(preflight: true)
        standard.spread.percent = 10
        // Nor is it sure that the file names every place where a key is used.
        standard.firstRotation = .whenAsked
        return standard
    }

    /// Every setting, as the file would have it.
    fileprivate var settings: [(name: String, value: String)] {
        [
            ("rotate-every", DurationText.text(rotateEvery)), ("overlap", DurationText.text(overlap)),
            ("soak", DurationText.text(soak)), ("quiet", requiredQuiet.map(DurationText.text) ?? "0s (not asked)"),
            ("first-rotation", firstRotation.rawValue), ("spread", "\(spread.percent)%"),
            ("max-age", maxAge.map(DurationText.text) ?? "none"),
            ("look-every", lookEvery > .zero ? DurationText.text(lookEvery) : "0s (never)"),
            ("preflight", "\(preflight)"), ("proof-of-use", "\(proofOfUse)"), ("retain-secret", retainSecret.rawValue),
            ("max-attempts", "\(maxAttempts)"), ("retry", DurationText.text(retry)),
            ("push-timeout", DurationText.text(pushTimeout)),
            ("freeze", freezes.isEmpty ? "none" : "\(freezes.count) time\(freezes.count == 1 ? "" : "s")"),
        ]
    }
}
