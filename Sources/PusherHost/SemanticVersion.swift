/// A version as semver.org 2.0.0 has it: `MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]`.
public struct SemanticVersion: Hashable, Sendable {
    /// The longest text, in bytes.
    private static let longest = 64

    /// Major, minor and patch.
    private let numbers: [UInt32]
    /// The identifiers of the pre-release; empty: it is a release.
    private let prerelease: [Substring]

    /// Reads a version; nil: it is not one.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.longest, text.utf8.allSatisfy({ Self.isByte($0) }) else { return nil }
        let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        prerelease = parts.count > 1 ? parts[1].split(separator: ".", omittingEmptySubsequences: false) : []
        let metadata = build.count > 1 ? build[1].split(separator: ".", omittingEmptySubsequences: false) : []
        self.numbers = numbers.compactMap { Self.hasLeadingZero($0) ? nil : UInt32($0) }
        guard numbers.count == 3, self.numbers.count == 3, (prerelease + metadata).allSatisfy({ !$0.isEmpty }),
            !metadata.contains(where: { $0.contains("+") }),
            !prerelease.contains(where: { Self.isNumber($0) && Self.hasLeadingZero($0) })
        else { return nil }
    }

    /// Whether it comes before a release.
    public var isPrerelease: Bool { !prerelease.isEmpty }

    private static func isNumber(_ text: Substring) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    private static func hasLeadingZero(_ text: Substring) -> Bool { text.utf8.count > 1 && text.hasPrefix("0") }

    private static func isByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-.+".utf8.contains(byte)
    }
}

extension SemanticVersion: Comparable {
    /// By precedence; what follows `+` does not count.
    public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        // A release comes after all its pre-releases.
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
            switch (UInt64(one), UInt64(other)) {
            case (let first?, let second?): return first < second
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }
}
