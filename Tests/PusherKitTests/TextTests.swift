import Glibc
import Testing

@testable import PusherKit

@Suite("Texts and locks, which Embedded Swift has less of")
struct TextTests {
    @Test("finds a text in another, and puts a third in its place")
    func parts() {
        #expect("abc".has("bc") && "abc".has("") && !"abc".has("abcd") && !"".has("a") && "äöü".has("ö"))
        #expect("a%2Fb%2Fc".replaced("%2F", by: "/") == "a/b/c" && "aaa".replaced("aa", by: "b") == "ba")
        #expect("abc".replaced("", by: "x") == "abc" && "abc".replaced("x", by: "y") == "abc")
    }

    @Test("takes out of a line what cannot be seen, by Unicode's categories")
    func invisible() {
        let different = (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init).filter { scalar in
            let isUnseen =
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
                default: false
                }
            return isUnseen != isInvisible(scalar)
        }
        #expect(different.map { String($0.value, radix: 16) } == [])
        #expect(oneLine("a\u{202e}b\n\u{200b}c") == "a b c")
    }

    @Test("lets one thread at a time have a value")
    func guarded() async {
        let count = Guarded(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 {
                        count.withLock { value in
                            let before = value
                            sched_yield()
                            value = before + 1
                        }
                    }
                }
            }
        }
        #expect(count.withLock { $0 } == 4_000)
    }
}
