"use strict";
(function () {
  var PAGE = 50;
  var element = function (id) { return document.getElementById(id); };
  var data = JSON.parse(element("data").textContent);
  var rows = data.rows;
  var fields = ["status", "connector", "operation", "object_type", "cause", "outcome", "attribute"];
  var page = 0;
  var found = rows;

  // What could turn the direction of text or hide in it is shown as U+FFFD.
  var steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

  function make(tag, text, className) {
    var it = document.createElement(tag);
    if (text !== undefined && text !== null) { it.textContent = String(text).replace(steering, "\ufffd"); }
    if (className) { it.className = className; }
    return it;
  }

  function values(it) {
    var text = it.shown.length === 0 && it.more === 0 ? "(nothing)" : it.shown.join(" | ");
    return it.more > 0 ? text + " and " + it.more.toLocaleString("en-GB") + " more" : text;
  }

  function has(row, field, wanted) {
    if (field === "status") { return row.is_expected === (wanted === "expected"); }
    if (field === "attribute") {
      return row.changes.some(function (it) { return it.attribute.toLowerCase() === wanted.toLowerCase(); });
    }
    if (field === "outcome") {
      return row.outcome === wanted || row.changes.some(function (it) { return it.outcome === wanted; });
    }
    return row[field] === wanted;
  }

  function text(row) {
    if (row.text === undefined) {
      var parts = [row.dn, row.new_dn, row.anchor, row.display_name, row.cause_text, row.error];
      row.changes.forEach(function (it) {
        parts.push(it.attribute, it.rule, it.old.shown.join(" "), it.new.shown.join(" "));
        if (it.predicted) { parts.push(it.predicted.shown.join(" ")); }
      });
      row.text = parts.filter(Boolean).join("\n").toLowerCase();
    }
    return row.text;
  }

  function option(select, value) {
    var it = make("option", value);
    it.value = value;
    select.appendChild(it);
  }

  function fill() {
    fields.forEach(function (field) {
      var select = element("by-" + field);
      if (field === "status") { return; }
      var seen = new Set();
      rows.forEach(function (row) {
        if (field === "attribute") {
          row.changes.forEach(function (it) { seen.add(it.attribute); });
        } else {
          seen.add(row[field]);
          if (field === "outcome") { row.changes.forEach(function (it) { seen.add(it.outcome); }); }
        }
      });
      Array.from(seen).sort().forEach(function (it) { option(select, it); });
    });
  }

  function remark(list, label, value) {
    if (!value) { return; }
    var line = make("p", undefined, "remark");
    line.appendChild(make("span", label + " ", "label"));
    line.appendChild(make("bdi", value));
    list.appendChild(line);
  }

  function change(it) {
    var row = make("tr");
    row.appendChild(make("th", it.attribute));
    var cell = function (label, text) {
      var it = make("td", text);
      it.setAttribute("data-label", label);
      row.appendChild(it);
      return it;
    };
    cell("Old", values(it.old));
    cell("New", values(it.new));
    var judgement = cell("");
    judgement.appendChild(make("span", it.is_expected ? "expected" : "not expected", it.is_expected ? "tag good" : "tag blocker"));
    if (it.outcome !== "not-compared") { judgement.appendChild(make("span", it.outcome, "tag info")); }
    if (it.predicted) { judgement.appendChild(make("p", "predicted: " + values(it.predicted))); }
    if (it.rule) { judgement.appendChild(make("p", it.rule, "rule-name")); }
    return row;
  }

  function card(row) {
    var it = make("article", undefined, row.is_expected ? "export good" : "export blocker");
    var head = make("h3");
    head.appendChild(make("span", row.operation, "tag"));
    head.appendChild(make("span", row.object_type + " ", "kind"));
    head.appendChild(make("bdi", row.display_name || row.dn));
    it.appendChild(head);
    var entry = row.accepted === null ? undefined : data.accepted[row.accepted];
    remark(it, "Object", row.display_name ? row.dn : "");
    remark(it, "New name", row.new_dn);
    remark(it, "Anchor", row.anchor);
    remark(it, "Connector", row.connector);
    remark(it, "Cause", row.cause_text);
    remark(it, "Comparison", row.outcome === "not-compared" ? "" : row.outcome);
    remark(it, "The rehearsal predicts", row.predicted_operation);
    remark(it, "Expected", entry ? entry.reason + " (" + entry.author + ")" : row.is_expected ? "yes" : "no");
    remark(it, "Error of an earlier export", row.error);
    remark(it, "Present values not readable", row.unreadable.join(", "));
    if (row.changes.length > 0) {
      var box = make("div", undefined, "scroll");
      var table = make("table", undefined, "changes");
      var names = make("tr");
      ["Attribute", "Old", "New", "Judgement"].forEach(function (name) { names.appendChild(make("th", name)); });
      var top = make("thead");
      top.appendChild(names);
      table.appendChild(top);
      var body = make("tbody");
      row.changes.forEach(function (each) { body.appendChild(change(each)); });
      table.appendChild(body);
      box.appendChild(table);
      it.appendChild(box);
    }
    if (row.more_changes > 0) { remark(it, "More attributes", row.more_changes.toLocaleString("en-GB")); }
    return it;
  }

  function draw() {
    var pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    var list = element("exports");
    list.replaceChildren.apply(list, found.slice(page * PAGE, (page + 1) * PAGE).map(card));
    element("found").textContent = found.length.toLocaleString("en-GB") + " of " + rows.length.toLocaleString("en-GB") +
      " exports on this page, sheet " + (page + 1) + " of " + pages;
    element("previous").disabled = page === 0;
    element("next").disabled = page === pages - 1;
  }

  function search() {
    var wanted = fields.map(function (field) { return element("by-" + field).value; });
    var find = element("find").value.trim().toLowerCase();
    found = rows.filter(function (row) {
      return fields.every(function (field, at) { return !wanted[at] || has(row, field, wanted[at]); }) &&
        (!find || text(row).indexOf(find) >= 0);
    });
    page = 0;
    draw();
  }

  fill();
  fields.forEach(function (field) { element("by-" + field).addEventListener("change", search); });
  element("find").addEventListener("input", search);
  element("previous").addEventListener("click", function () { page -= 1; draw(); });
  element("next").addEventListener("click", function () { page += 1; draw(); });
  element("clear").addEventListener("click", function () {
    fields.forEach(function (field) { element("by-" + field).value = ""; });
    element("find").value = "";
    search();
  });
  element("browser").hidden = false;
  search();
})();
