// The Synchronization Summary: filters, the list, the detail of a row, and Ok and Cancel.

import { get, post, segment } from "./api.js";
import { ask, attempt, notice } from "./dialog.js";
import { button, el, fill } from "./dom.js";
import { showDetail } from "./detail_pane.js";
import { openMenu } from "./menu.js";
import { pressOk } from "./ok_flow.js";
import { decide, readRows } from "./run_rows.js";
import { go, known, listen } from "./state.js";
import { filterBar } from "./summary_filters.js";
import { footer } from "./summary_footer.js";
import { listKey } from "./summary_keys.js";
import { chosenOf, choiceKey, iconOfChoice, SummaryModel } from "./summary_model.js";
import { SummaryTable } from "./summary_table.js";
import { choiceLabel, count, generalLabel } from "./words.js";

/** Shows the open run, or the run named in the address; `wantedChange` opens that row's detail. */
export function summaryView(main, runId, wantedChange) {
  const named = runId && runId !== "-" ? runId : "";
  const open = known.status.run;
  const id = named || (open ? open.id : "");
  if (!id) {
    fill(main, el("section", { class: "card window" }, el("h1", {}, "Synchronization Summary"),
      el("p", { class: "lead" }, "No run waits for your decisions."), button("Open Synchronization", () => go("synchronization"), { class: "primary" })));
    return listen((status) => {
      if (status.run && status.run.state === "awaiting_review") go("summary", status.run.id);
    });
  }
  const view = new SummaryView(main, id, wantedChange);
  return () => view.end();
}

class SummaryView {
  constructor(main, id, wantedChange) {
    this.id = id;
    this.run = null;
    this.loaded = "";
    this.turn = null;
    this.deciding = false;
    this.wanted = wantedChange || null;
    this.model = new SummaryModel();
    this.table = new SummaryTable(this.model, {
      click: (line, event) => this.clicked(line, event),
      menu: (line, event) => this.menuFor(line, event.clientX, event.clientY),
      open: (line) => (line.kind === "row" ? this.openDetail(line.row) : this.twist(line)),
      key: (event) => listKey(event, this),
    });
    this.filters = el("div", { class: "filters" });
    this.banner = el("div", { class: "banner" });
    this.detail = el("section", { class: "detail", hidden: true, "aria-label": "Details of the row" });
    this.foot = el("footer", { class: "foot" });
    fill(main, el("h1", { class: "hidden" }, "Synchronization Summary"), this.banner, this.filters, this.table.scroller, this.detail, this.foot);
    this.stop = listen(() => this.follow());
    this.follow();
  }

  end() {
    this.stop();
    this.ended = true;
  }

  get editable() {
    return Boolean(this.run) && this.run.state === "awaiting_review";
  }

  /** Reads the run again when the stream says that it moved on. */
  async follow() {
    const open = known.status.run;
    const run = open && open.id === this.id ? open : await attempt(() => get(`/runs/${segment(this.id)}`));
    if (!run || this.ended) return;
    this.run = run;
    const told = `${run.state === "applying" ? "applying" : run.state}/${run.plan}/${run.finished_at || ""}`;
    this.drawFrame();
    if (told !== this.loaded) {
      this.loaded = told;
      await this.reload();
    } else if (!this.deciding && this.turn !== null && known.status.pending.turn > this.turn) {
      await this.reload(); // the tray, the command line or another page decided
    }
  }

  /** Reads all rows; asked again while it reads, it reads once more afterwards instead of twice at a time. */
  async reload() {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    let rows;
    do {
      this.again = false;
      this.turn = known.status.pending.turn;
      rows = await attempt(() => readRows(this.id));
    } while (this.again && !this.ended);
    this.reading = false;
    if (!rows || this.ended) return;
    const finished = !["comparing", "awaiting_review", "applying"].includes(this.run.state);
    if (finished && !this.model.finished) this.model.selected.clear(); // what was selected to decide is not what to undo
    this.model.finished = finished;
    this.model.load(rows);
    this.draw();
    if (this.wanted && this.model.rows.has(this.wanted)) {
      this.model.active = `row:${this.wanted}`;
      this.openDetail(this.model.rows.get(this.wanted));
      this.wanted = null;
    }
    const shown = this.detail.dataset.change;
    if (!this.detail.hidden && this.model.rows.has(shown)) this.openDetail(this.model.rows.get(shown));
  }

  draw() {
    this.table.draw();
    this.drawFrame();
  }

  drawFrame() {
    filterBar(this.filters, this.model, () => {
      this.model.arrange();
      this.table.scroller.scrollTop = 0;
      this.draw();
    });
    footer(this, this.banner, this.foot);
  }

  clicked(line, event) {
    if (event.target.closest(".act")) {
      this.menuFor(line, event.clientX, event.clientY);
      return;
    }
    if (line.kind === "section" || event.target.closest(".twist")) {
      this.twist(line);
      return;
    }
    const shown = this.detail.dataset.change;
    if (event.shiftKey) this.model.selectRange(line);
    else if (event.ctrlKey || event.metaKey) this.model.toggle(line);
    else {
      this.model.selectOnly(line);
      if (!this.detail.hidden && line.kind === "row" && line.row.id !== shown) this.openDetail(line.row);
    }
    this.draw();
  }

  twist(line) {
    this.model.active = line.key;
    this.model.toggleOpen(line);
    this.draw();
  }

  /** The menu of a row, or of all selected rows when the row is one of them. */
  menuFor(line, x, y) {
    if (line.kind === "section") return;
    if (!this.model.isSelected(line)) this.model.selectOnly(line);
    else this.model.active = line.key;
    this.draw();
    const rows = this.model.chosenRows();
    if (!this.editable) {
      notice(this.run.state === "applying" ? "The approved changes are being written." : "This run is finished; its rows cannot be decided any more.");
      return;
    }
    const choices = this.model.commonChoices(rows);
    if (choices.length === 0) {
      notice("The selected rows have no action in common.");
      return;
    }
    openMenu({
      title: rows.length === 1 ? rows[0].title || "(no subject)" : `${count(rows.length, "row")} selected`,
      x, y, back: this.table.scroller,
      entries: choices.map((choice) => this.entry(rows, choice)),
    });
  }

  entry(rows, choice) {
    const labels = new Set(rows.map((row) => choiceLabel(row, row.choices.find((one) => choiceKey(one) === choiceKey(choice)))));
    return {
      label: labels.size === 1 ? [...labels][0] : generalLabel(choice),
      icon: iconOfChoice(labels.size === 1 ? rows[0] : null, choice),
      chosen: rows.every((row) => {
        const chosen = chosenOf(row);
        return chosen !== null && choiceKey(chosen) === choiceKey(choice);
      }),
      note: choice.recommended ? "recommended" : "",
      dangerous: choice.destructive,
      pick: () => this.choose(rows, choice),
    };
  }

  async choose(rows, choice, fields = null) {
    if (choice.decision === "choose_fields" && !fields) {
      await this.openDetail(rows[0]);
      const radio = this.detail.querySelector("input[type=radio]");
      if (radio) radio.focus();
      return;
    }
    this.deciding = true;
    const outcome = await attempt(() => decide(this.id, this.run.plan, rows, choice, { fields, series: this.model.wholeSeries(rows) }));
    this.deciding = false;
    if (!outcome) return;
    const alone = outcome.turn === this.turn + 1; // nobody decided in between
    if (alone) this.turn = outcome.turn;
    if (outcome.stale.length || !alone) await this.reload();
    else this.model.merge(outcome.changes);
    this.draw();
    this.follow(); // for what was announced while the answer was on its way
    const shown = this.detail.dataset.change;
    if (!this.detail.hidden && rows.some((row) => row.id === shown)) this.openDetail(this.model.rows.get(shown));
  }

  async openDetail(row) {
    const opening = this.detail.hidden;
    this.detail.hidden = false;
    this.drawFrame();
    await attempt(() => showDetail(this.detail, row, this.editable, {
      decide: (one, choice, fields) => this.choose([this.model.rows.get(one.id)], choice, fields),
      close: () => this.closeDetail(),
    }));
    this.table.draw();
    this.table.reveal();
    if (opening) this.detail.scrollIntoView({ block: "nearest" }); // in a low window they open below the list
  }

  /** The button under the list: details of the active row, or none. */
  toggleDetail() {
    if (!this.detail.hidden) {
      this.closeDetail();
      return;
    }
    const at = this.model.lines.find((line) => line.key === this.model.active && line.kind === "row") || this.model.lines.find((line) => line.kind === "row");
    if (!at) return;
    this.model.selectOnly(at);
    this.openDetail(at.row);
  }

  closeDetail() {
    this.detail.hidden = true;
    delete this.detail.dataset.change;
    this.table.scroller.focus({ preventScroll: true });
    this.draw();
  }

  async ok() {
    const outcome = await pressOk(this.run, this.model.totals());
    if (outcome === true) this.closeDetail();
    if (outcome === "again") await this.reload();
  }

  async cancel() {
    const decided = [...this.model.rows.values()].some((row) => row.decision !== row.default_decision);
    if (decided && !(await ask("Cancel", el("p", {}, "Close this list without writing anything? Your decisions are discarded; the differences come again with the next Start Sync."),
      [{ label: "Discard", value: true, kind: "primary danger" }, { label: "Back to the list", value: false }]))) return;
    if (await attempt(() => post(`/runs/${segment(this.id)}/cancel`))) go("synchronization");
  }

  async undo(rows) {
    const changes = rows.map((row) => row.id);
    const run = await attempt(() => post(`/runs/${segment(this.id)}/undo`, changes.length ? { changes } : {}));
    if (run) go("summary", run.id);
  }
}
