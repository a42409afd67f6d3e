//! Figures for a spreadsheet: CSV (RFC 4180) in UTF-8 with a byte order mark.

use tipring_clock::WallTime;

use super::views::{AgentTime, CallCounts, FigureRow, FigureTable, Handling, Offers, Visits};
use super::{By, Language, Step};

/// One column: its heading in Chinese and English, and its cell.
type Column<T> = (&'static str, &'static str, fn(&T) -> String);

fn rate(value: Option<f64>) -> String {
    value.map_or(String::new(), |v| format!("{:.2}%", v * 100.0))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

fn mean_seconds(ms: Option<f64>) -> String {
    ms.map_or(String::new(), |ms| format!("{:.1}", ms / 1000.0))
}

const VISITS: &[Column<Visits>] = &[
    ("进队数", "visits", |v| v.visits.to_string()),
    ("排队数 O", "offered O", |v| v.offered.to_string()),
    ("接听数 A", "answered A", |v| v.answered.to_string()),
    ("放弃数 B", "abandoned B", |v| v.abandoned.to_string()),
    ("短时放弃 Bθ", "short-abandoned Bθ", |v| v.short_abandoned.to_string()),
    ("超时", "timed out", |v| v.timed_out.to_string()),
    ("按键离开", "left by key", |v| v.left_by_key.to_string()),
    ("请求回拨", "callback requested", |v| v.callback_requested.to_string()),
    ("溢出", "overflowed", |v| v.overflowed.to_string()),
    ("无坐席离队", "left empty", |v| v.left_empty.to_string()),
    ("拒绝进队", "refused", |v| v.refused.to_string()),
    ("人工转走", "transferred away", |v| v.transferred_away.to_string()),
    ("中断", "interrupted", |v| v.interrupted.to_string()),
    ("等待中", "waiting", |v| v.waiting.to_string()),
    ("目标内接听 A_T", "answered in time A_T", |v| v.answered_in_time.to_string()),
    ("目标内放弃 B_T", "abandoned in time B_T", |v| v.abandoned_in_time.to_string()),
    ("服务水平", "service level", |v| rate(v.service_level)),
    ("放弃率", "abandon rate", |v| rate(v.abandon_rate)),
    ("平均应答速度(秒)", "average speed of answer, s", |v| {
        mean_seconds(v.average_answer_ms)
    }),
    ("最长等待(秒)", "longest wait, s", |v| seconds(v.wait_max_ms)),
    ("客户来电", "contacts", |v| v.contacts.to_string()),
    ("一次解决率", "first-call resolution", |v| rate(v.first_call_resolution)),
];

const OFFERS: &[Column<Offers>] = &[
    ("振铃接听", "offers answered", |o| o.answered.to_string()),
    ("振铃未接", "offers unanswered", |o| o.no_answer.to_string()),
    ("坐席拒接", "offers rejected", |o| o.rejected.to_string()),
    ("坐席忙", "offers busy", |o| o.busy.to_string()),
    ("话机不可达", "offers unreachable", |o| o.unreachable.to_string()),
    ("振铃取消", "offers cancelled", |o| o.cancelled.to_string()),
    ("平均振铃(秒)", "average ring, s", |o| mean_seconds(o.average_ring_ms)),
];

const HANDLING: &[Column<Handling>] = &[
    ("呼入处理", "handled inbound", |h| h.inbound.to_string()),
    ("呼出处理", "handled outbound", |h| h.outbound.to_string()),
    ("内部通话", "handled internal", |h| h.internal.to_string()),
    ("通话(秒)", "talk, s", |h| seconds(h.talk_ms)),
    ("保持(秒)", "hold, s", |h| seconds(h.hold_ms)),
    ("话后处理(秒)", "wrap-up, s", |h| seconds(h.wrap_up_ms)),
    ("平均处理时长(秒)", "average handling time, s", |h| {
        mean_seconds(h.average_handling_ms)
    }),
    ("平均通话时长(秒)", "average talk time, s", |h| mean_seconds(h.average_talk_ms)),
];

const TIME: &[Column<AgentTime>] = &[
    ("登录(秒)", "logged in, s", |t| seconds(t.logged_in_ms)),
    ("空闲(秒)", "ready, s", |t| seconds(t.ready_ms)),
    ("振铃(秒)", "offered, s", |t| seconds(t.offered_ms)),
    ("在通话(秒)", "talking, s", |t| seconds(t.talking_ms)),
    ("整理(秒)", "wrap-up state, s", |t| seconds(t.wrap_up_ms)),
    ("离席(秒)", "not ready, s", |t| seconds(t.not_ready_ms)),
    ("离席明细", "not ready by reason", |t| {
        let one = |a: &super::views::Away| format!("{} {}", a.reason, seconds(a.away_ms));
        t.not_ready.iter().map(one).collect::<Vec<_>>().join("; ")
    }),
    ("占用率", "occupancy", |t| rate(t.occupancy)),
];

const CALLS: &[Column<CallCounts>] = &[
    ("呼入", "calls in", |c| c.inbound.to_string()),
    ("呼出", "calls out", |c| c.outbound.to_string()),
    ("内部", "calls internal", |c| c.internal.to_string()),
    ("有通话", "calls talked", |c| c.talked.to_string()),
    ("正常结束", "calls answered", |c| c.answered.to_string()),
    ("无人接", "calls unanswered", |c| c.no_answer.to_string()),
    ("对方忙", "calls busy", |c| c.busy.to_string()),
    ("对方拒接", "calls rejected", |c| c.rejected.to_string()),
    ("空号", "calls vacant", |c| c.vacant.to_string()),
    ("主叫放弃", "calls abandoned", |c| c.abandoned.to_string()),
    ("失败", "calls failed", |c| c.failed.to_string()),
    ("呼叫中断", "calls interrupted", |c| c.interrupted.to_string()),
    ("无线路", "calls without a channel", |c| c.no_channel.to_string()),
    ("无坐席", "calls without an agent", |c| c.no_agent.to_string()),
    ("呼损率", "blocked calls", |c| rate(c.blocked_rate)),
];

/// Writes one row of cells.
#[derive(Default)]
struct Sheet {
    text: String,
}

impl Sheet {
    fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        for (n, cell) in cells.into_iter().enumerate() {
            if n > 0 {
                self.text.push(',');
            }
            self.cell(&cell);
        }
        self.text.push_str("\r\n");
    }

    /// A cell in quotes where it needs them (RFC 4180, section 2). A name that a spreadsheet would
    /// take for a formula gets an apostrophe in front.
    fn cell(&mut self, cell: &str) {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
        if cell.contains([',', '"', '\r', '\n']) {
            self.text.push('"');
            self.text.push_str(&cell.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(&cell);
        }
    }
}

fn heading<T>(columns: &[Column<T>], lang: Language) -> impl Iterator<Item = String> {
    columns.iter().map(move |column| match lang {
        Language::Chinese => column.0.to_owned(),
        Language::English => column.1.to_owned(),
    })
}

fn cells<T>(columns: &[Column<T>], of: &Option<T>) -> impl Iterator<Item = String> {
    columns.iter().map(move |column| of.as_ref().map_or(String::new(), column.2))
}

fn local(ms: i64, offset_minutes: i32, step: Step) -> String {
    let c = WallTime::from_unix_micros(ms.saturating_mul(1000)).civil(offset_minutes);
    let day = format!("{:04}-{:02}-{:02}", c.year, c.month, c.day);
    match step {
        Step::Day | Step::Week => day,
        Step::Month => day[..7].to_owned(),
        _ => format!("{day} {:02}:{:02}", c.hour, c.minute),
    }
}

/// The whole table, its last row the total.
pub(super) fn write(table: &FigureTable, lang: Language, offset_minutes: i32) -> String {
    let chinese = lang == Language::Chinese;
    let word = |zh: &str, en: &str| if chinese { zh.to_owned() } else { en.to_owned() };
    let mut sheet = Sheet { text: "\u{FEFF}".to_owned() };
    let who = match table.by {
        By::All => word("范围", "subject"),
        By::Queue => word("队列", "queue"),
        By::Agent => word("坐席", "agent"),
        By::Line => word("线路", "line"),
    };
    let level = format!(
        "{} {} (T = {} s)",
        word("服务水平", "service level"),
        table.formula,
        table.target_s
    );
    let headings = [word("时间", "time"), who]
        .into_iter()
        .chain(
            heading(VISITS, lang)
                .map(|h| if h == VISITS[16].0 || h == VISITS[16].1 { level.clone() } else { h }),
        )
        .chain(heading(OFFERS, lang))
        .chain(heading(HANDLING, lang))
        .chain(heading(TIME, lang))
        .chain(heading(CALLS, lang));
    sheet.line(headings);
    let mut line = |row: &FigureRow, time: String, name: String| {
        sheet.line(
            [time, name]
                .into_iter()
                .chain(cells(VISITS, &row.visits))
                .chain(cells(OFFERS, &row.offers))
                .chain(cells(HANDLING, &row.handling))
                .chain(cells(TIME, &row.time))
                .chain(cells(CALLS, &row.calls)),
        );
    };
    for row in &table.rows {
        let time = match (row.start_ms, row.hour) {
            (Some(ms), _) => local(ms, offset_minutes, table.step),
            (None, Some(hour)) => format!("{hour:02}:00"),
            (None, None) => String::new(),
        };
        let name = match (row.name.is_empty(), table.by) {
            (true, By::Line) => word("内部", "within the house"),
            (true, By::All) => word("全部", "all"),
            _ => row.name.clone(),
        };
        line(row, time, name);
    }
    if let Some(total) = &table.total {
        line(total, word("合计", "total"), String::new());
    }
    sheet.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_as_rfc_4180_says_and_no_name_is_a_formula() {
        let mut sheet = Sheet::default();
        let cells = ["plain", "a,b", "say \"hi\"", "two\nlines", "=1+1", "燃气"];
        sheet.line(cells.map(str::to_owned));
        let expected = "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,燃气\r\n";
        assert_eq!(sheet.text, expected);
    }
}
