/// How the page looks: light and dark, on a phone, and on paper.
public enum StyleSheet {
    /// What the answer is called on the wire.
    public static let contentType = "text/css; charset=utf-8"

    /// The sheet. Colours have a contrast of at least 4.5 to 1 (WCAG 2.2, AA), and none says what no word says.
    public static let text = """
        :root { --ground: #fff; --text: #1c1f23; --soft: #565d66; --line: #d5d9de; --card: #f6f7f9; --ok: #176b34; --bad: #b3261e;
          --wait: #7a5200; --link: #0b57a4; --bad-ground: #fdf0ef;
          --alarm: #a3150f; --edge: #767d86; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #14171a; --text: #e6e8ea; --soft: #a7aeb6; --line: #3a4047; --card: #1d2126; --ok: #6fce8d; --bad: #ff9d94;
            --wait: #e6b95c; --link: #8ab8f2; --bad-ground: #2d1b1a; --alarm: #a3150f; --edge: #868e97; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--ground); color: var(--text);
          font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.5rem; margin: 0; }
        h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
        h3 { display: inline; font-size: 1rem; margin: 0; }
        header p, footer p { color: var(--soft); margin: .25rem 0; }
        a { color: var(--link); }
        a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        code { font-family: ui-monospace, monospace; font-size: .92em; }
        .summary { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 1rem 0; }
        .summary li { border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .7rem; background: var(--card); }
        .summary .bad, .summary .bad a { color: var(--bad); border-color: var(--bad); font-weight: 600; }
        .summary .alarm, .summary .alarm a { color: #fff; background: var(--alarm); border-color: var(--alarm); font-weight: 700; }
        .alarm { margin: .4rem 0; padding: .6rem .8rem; color: #fff; background: var(--alarm); border-radius: .3rem; }
        .alarm code { color: inherit; }
        .alarms h2 { color: var(--bad); }
        time { white-space: nowrap; }
        .since { color: var(--soft); }
        .filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 1rem 0; }
        .filter label { color: var(--soft); font-size: .93rem; }
        .filter input, .filter select, .filter button { font: inherit; color: var(--text); background: var(--card);
          border: 1px solid var(--edge); border-radius: .3rem; padding: .3rem .5rem; min-height: 2.1rem; }
        .filter button { cursor: pointer; }
        input:focus-visible, select:focus-visible, button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
        .names { columns: 14rem; padding-left: 1.2rem; }
        td.text { white-space: normal !important; }
        td.by { min-width: 12rem; }
        .ok { color: var(--ok); }
        .bad { color: var(--bad); }
        .wait { color: var(--wait); }
        .user { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: 0 .8rem; color: var(--text); }
        .user[open] { padding-bottom: .8rem; }
        .user.bad { border-color: var(--bad); border-left-width: .3rem; }
        summary { cursor: pointer; padding: .55rem 0; }
        .phase, .next { margin-left: .6rem; }
        .next { color: var(--soft); }
        .problem { margin: .3rem 0 .7rem; padding: .5rem .7rem; background: var(--bad-ground); border-radius: .3rem; }
        .problem strong { color: var(--bad); }
        .problem .help { display: block; margin-top: .3rem; }
        .bar { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; padding: 0; margin: .5rem 0 .8rem; }
        .bar li { flex: 1 1 6.5rem; border-top: .3rem solid var(--line); padding-top: .15rem; font-size: .9rem; color: var(--soft); }
        .bar .done { border-color: var(--ok); color: var(--ok); }
        .bar .here { border-color: var(--link); color: var(--text); font-weight: 700; }
        .words { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        table { width: 100%; border-collapse: collapse; margin: .4rem 0 .8rem; font-size: .93rem; }
        caption { text-align: left; font-weight: 600; padding: .2rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-top: 1px solid var(--line); }
        thead th { border-top: 0; color: var(--soft); font-weight: 600; white-space: nowrap; }
        tbody th { font-weight: 500; min-width: 16rem; }
        tbody td:not(:last-child) { white-space: nowrap; }
        dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .2rem 1rem; font-size: .93rem; }
        dt { font-weight: 600; }
        dd { margin: 0; color: var(--soft); }
        footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: .5rem; font-size: .93rem; }
        @media (max-width: 60rem) {
          .next { display: block; margin-left: 1rem; }
          .bar { display: block; }
          .bar li { display: inline-block; margin: 0 .3rem .2rem 0; padding: .15rem .3rem 0 0; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          table, tbody, caption { display: block; }
          tr { display: block; border-top: 1px solid var(--line); padding: .35rem 0; }
          th, td { display: block; border: 0; padding: .05rem 0; }
          tbody th { min-width: 0; }
          tbody td { position: relative; padding-left: 7.25rem; }
          tbody td:not(:last-child) { white-space: normal; }
          tbody td::before { content: attr(data-label); color: var(--soft); position: absolute; left: 0; width: 6.75rem; }
          td.by { min-width: 0; }
          tbody td.empty { display: none; }
          dl { display: block; }
          dd { margin: 0 0 .4rem; }
        }
        @media print {
          :root { --ground: #fff; --text: #000; --soft: #333; --card: #fff; --ok: #000; --bad: #000; --wait: #000; --link: #000; }
          .user, tr { break-inside: avoid; }
          .filter { display: none; }
          .alarm { color: #000; border: 3px solid #000; background: #fff; }
          details:not([open])::details-content { content-visibility: visible; block-size: auto; }
          a { text-decoration: none; }
        }

        """
}
