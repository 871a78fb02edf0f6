/// Text that came from outside, made fit for one line of a message.
///
/// Control and formatting characters become blanks, blanks are put together, and what is longer than `limit` Unicode
/// scalars is cut and ends in `…`. Scalars, for one character can be of any length.
public func oneLine(_ text: String, limit: Int = 200) -> String {
    var line = String.UnicodeScalarView()
    var length = 0
    var isBlankDue = false
    for scalar in text.unicodeScalars {
        if scalar == " " || isInvisible(scalar) {
            isBlankDue = length > 0
            continue
        }
        let added = isBlankDue ? 2 : 1
        guard length + added <= limit else { return String(line) + "…" }
        if isBlankDue { line.append(" ") }
        line.append(scalar)
        length += added
        isBlankDue = false
    }
    return String(line)
}

extension String {
    /// Whether `part` is in it. Embedded Swift finds characters alone.
    public func has(_ part: String) -> Bool {
        let (whole, wanted) = (Array(utf8), Array(part.utf8))
        guard wanted.count <= whole.count else { return false }
        return (0...(whole.count - wanted.count)).contains { whole[$0...].starts(with: wanted) }
    }

    /// The text with another one in every place of `part`, which is not empty.
    public func replaced(_ part: String, by other: String) -> String {
        let (whole, wanted) = (Array(utf8), Array(part.utf8))
        guard !wanted.isEmpty else { return self }
        var result: [UInt8] = []
        var index = 0
        while index < whole.count {
            if whole[index...].starts(with: wanted) {
                result += other.utf8
                index += wanted.count
            } else {
                result.append(whole[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Control characters, line ends, and the marks that change the direction in which a terminal writes: Unicode's categories Cc, Cf,
/// Zl, Zp and Co. By ranges, for Unicode's table of all categories is a tenth of a small pusher; a test compares the two.
func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x20, 0x7f...0x9f, 0xad: true
    case ..<0x600: false
    case 0x600...0x605, 0x61c, 0x6dd, 0x70f, 0x890...0x891, 0x8e2, 0x180e, 0x200b...0x200f, 0x2028...0x202e,
        0x2060...0x2064, 0x2066...0x206f, 0xe000...0xf8ff, 0xfeff, 0xfff9...0xfffb, 0x110bd, 0x110cd, 0x13430...0x1343f,
        0x1bca0...0x1bca3, 0x1d173...0x1d17a, 0xe0001, 0xe0020...0xe007f, 0xf0000...0xffffd, 0x100000...0x10fffd:
        true
    default: false
    }
}
