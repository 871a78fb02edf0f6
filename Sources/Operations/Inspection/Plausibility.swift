internal import Configuration
internal import FileTrust
internal import Rotation

/// Values that keyturn can work with, and that are hardly meant.
enum Plausibility {
    /// A freeze that lasts longer is taken for one without end.
    private static let longestFreeze: Duration = .seconds(366 * 86_400)

    /// - Parameter regions: those that a user's requests to AWS go to.
    static func findings(
        _ users: [ConfiguredUser], _ secrets: [SecretReference], at now: Timestamp,
        regions: (ConfiguredUser) -> Set<String>
    ) -> [Finding] {
        var findings: [Finding] = []
        func add(_ name: String, _ remark: (ConfiguredUser) -> String?) {
            let remarks = Dictionary(
                grouping: users.compactMap { user in remark(user).map { (user.name, $0) } }, by: \.1)
            for (words, group) in remarks.sorted(by: { $0.key < $1.key }) {
                var finding = Finding(name, .done, listed(group.map(\.0)))
                finding.warning = words
                findings.append(finding)
            }
        }
        add("rotate-every") { user in
            let least = user.policy.overlap + user.policy.soak
            guard user.policy.rotateEvery < least else { return nil }
            return
                "\(DurationText.text(user.policy.rotateEvery)) is shorter than overlap and soak together (\(DurationText.text(least))): "
                + "each rotation begins as soon as the one before is over"
        }
        add("freeze") { user in
            guard user.policy.thaw(now) - now > longestFreeze else { return nil }
            return "no rotation ever begins by itself: the times leave none in between"
        }
        add("region") { user in
            let remarks = regions(user).sorted().compactMap(KnownRegions.remark)
            return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
        }
        for path in Set(secrets.compactMap(\.path)).sorted() {
            guard let exposure = FileAccess.exposure(path) else { continue }
            var finding = Finding("secret", .done, path)
            finding.warning = exposure
            findings.append(finding)
        }
        return findings
    }
}
