/// Names of AWS's regions.
public enum Region {
    /// Whether a text has the form of one: `eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`. Whether AWS has it is not known here.
    public static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (3...5).contains(parts.count), let number = parts.last, let first = parts.first else { return false }
        return (1...2).contains(number.utf8.count) && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (2...4).contains(first.utf8.count)
            && parts.dropLast().allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) }
            }
    }
}
