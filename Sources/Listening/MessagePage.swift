/// A page that has one thing to say, and the way back: there is no such user, or the state cannot be read.
public struct MessagePage {
    private let title: String
    private let words: String
    private let refresh: Int

    /// - Parameters:
    ///   - title: what is the matter.
    ///   - words: more about it, in a sentence.
    ///   - filter: what was asked for: a page that is shown again every minute goes on with that.
    public init(_ title: String, _ words: String, _ filter: PageFilter = PageFilter()) {
        (self.title, self.words, refresh) = (title, words, filter.refresh)
    }

    /// The page.
    public var text: String {
        HTML.document(
            title: "keyturn: \(title)", refresh: refresh,
            """
            <header>
            <p><a href="/">All users</a></p>
            <h1>\(title)</h1>
            </header>
            <main>
            <p>\(HTML.sentence(words))</p>
            </main>

            """
        ).text
    }
}
