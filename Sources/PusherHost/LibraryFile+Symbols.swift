/// The dynamic symbol table (System V ABI, "Symbol Table").
extension LibraryFile {
    /// Symbols of one library. The largest of a system have some ten thousand.
    private static let symbolLimit = 262_144
    /// Bytes of a name. Those of C++ templates are long.
    private static let symbolLength = 2_048

    /// Bytes of all names that are kept. A damaged table can have each name begin a byte later than the one before.
    static let namesLimit = 8 << 20

    /// A library with more symbols than are looked at.
    private static let crowded = Malformed(
        description: "it has more than \(symbolLimit) symbols, or \(namesLimit >> 20) MiB of their names")

    /// Names that it uses and does not define. Weak ones are left out: it does without those.
    func undefinedSymbols() throws(Malformed) -> Set<String> {
        var names: Set<String> = []
        var length = 0
        try forEachSymbol { (symbol) throws(Malformed) in
            guard !symbol.isDefined, !symbol.isWeak, names.insert(try symbol.name()).inserted else { return }
            length += try symbol.name().utf8.count
            guard length <= Self.namesLimit else { throw Self.crowded }
        }
        return names
    }

    /// Takes out of the names those that it defines.
    func subtractDefined(from names: inout Set<String>) throws(Malformed) {
        guard !names.isEmpty else { return }
        try forEachSymbol { (symbol) throws(Malformed) in
            if symbol.isDefined { names.remove(try symbol.name()) }
        }
    }

    private struct Symbol {
        let file: LibraryFile
        let start: Int
        var isDefined: Bool
        var isWeak: Bool

        func name() throws(Malformed) -> String { try file.text(start, limit: symbolLength) }
    }

    /// Global and weak symbols. Local ones are of no concern to others.
    private func forEachSymbol(_ body: (Symbol) throws(Malformed) -> Void) throws(Malformed) {
        guard let table = try offset(of: Tag.symbols), let strings = try offset(of: Tag.strings) else { return }
        let count = try symbolCount()
        guard count <= Self.symbolLimit else { throw Self.crowded }
        // The first is none.
        for index in 1..<max(1, count) {
            let at = try sum(table, index * 24)
            let binding = try number(try sum(at, 4), 1) >> 4
            guard binding != 0 else { continue }
            let name = try sum(strings, try number(at, 4))
            try body(
                Symbol(file: self, start: name, isDefined: try number(try sum(at, 6), 2) != 0, isWeak: binding == 2))
        }
    }

    /// The table has no length of its own: the hash tables know how many symbols there are.
    private func symbolCount() throws(Malformed) -> Int {
        if let hash = try offset(of: Tag.hash) { return try number(try sum(hash, 4), 4) }
        guard let hash = try offset(of: Tag.gnuHash) else { return 0 }
        let (buckets, first, filter) = (
            try number(hash, 4), try number(try sum(hash, 4), 4), try number(try sum(hash, 8), 4)
        )
        guard buckets <= Self.symbolLimit, filter <= Self.symbolLimit else { throw Self.crowded }
        let start = try sum(hash, 16 + filter * 8)
        var last = 0
        for bucket in 0..<buckets { last = max(last, try number(try sum(start, bucket * 4), 4)) }
        // Symbols that it does not define come before those in the table.
        guard last >= first else { return first }
        let chains = try sum(start, buckets * 4)
        while try number(try sum(chains, (last - first) * 4), 4) & 1 == 0 {
            last += 1
            guard last < Self.symbolLimit else { throw Self.crowded }
        }
        return last + 1
    }
}
