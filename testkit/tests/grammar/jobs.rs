//! Jobs that were written at random, and chosen so that they have all operators between
//! them. Written by the soak's example `cover`.

use crate::model::*;
use ouzel::prelude::*;

#[job]
pub fn job_0(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Table<String, Val>, Table<String, Val>, Table<Windowed<String>, Picks>, Table<String, Inverted>, Table<String, ()>) {
    let k2 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").at_end();
    let t4 = k2.fold(Val { n: 0, m: 0 }, |s, e| { s.n = (s.n * 3 + e.n) % 100; s.m += 1; assert!(e.n != 4, "four"); });
    let k6 = b.key_by(|e| e.who).named("id5").lateness(hours(5));
    let s7 = k6.late();
    let s9 = k6.process(0i64, |cx| { let time = cx.time().micros(); match cx.record() { Some(e) => { *cx.state = (*cx.state + e.n) % 20; cx.clear_timer("again"); cx.set_timer("silent", Timestamp::from_micros(time + 20 * 60_000_000)); if e.n == 3 { cx.set_timer("a", Timestamp::from_micros(time + 20 * 60_000_000)); } if e.n == 4 { cx.emit((cx.key().to_owned(), cx.time(), *cx.state)); } } None => { cx.emit((cx.key().to_owned(), cx.time(), *cx.state)); if *cx.state % 2 == 0 { cx.set_timer("again", Timestamp::from_micros(time + 45 * 60_000_000)); } if *cx.state == 7 { *cx.state = 0; panic!("seven"); } } } }).map(|(who, at, n)| { let at = *at; let n = *n; Event { at: at, who: who.to_string(), n: n, x: 1.0, maybe: None } });
    let k11 = s7.key_by(|e| e.who).named("id10").window(hopping(hours(1), minutes(20))).lateness(hours(300));
    let r12 = k11.aggregate(Picks { first: first(|e| e.n), last: last(|e| e.maybe), by: max_by(|e| e.n, |e| e.who), list: collect_list(|e| e.n), top: top_k_by(2, |e| e.n, |e| e.x), whole: last(|e| e) });
    let r14 = r12.map(|(_, v)| Val { n: v.first, m: v.last.unwrap_or(7) }).group_by(|(k, v)| k.key).named("id13").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t15 = r14.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let t16 = t4.left_join(t15).map(|(_, (a, b))| Val { n: a.n, m: b.as_ref().map_or(-1, |b| b.m) });
    let t17 = t16.filter(|(k, v)| *k != "a");
    let r19 = s9.key_by(|e| e.who).named("id18").distinct();
    let t20 = r19.map(|(k, _)| Val { n: k.len() as i64, m: 0 });
    let s21 = a.filter(|e| e.n != 2);
    (s21, t17, t20, r12, r14, r19)
}


#[job]
pub fn job_1(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>, Stream<Event>, Table<String, Val>, Table<String, Sets>) {
    let r2 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").aggregate(Sets { distinct: count_distinct(|e| e.n), set: collect_set(|e| e.n), map: collect_map(|e| e.n, |e| e.x), per: per_key(|e| e.n, count()), mean: mean(|e| e.maybe), positive: filtered(|e| e.n > 0, count()), ties: min_with_ties(|e| e.n, |e| e.who) });
    let t3 = r2.map(|(_, v)| Val { n: v.distinct as i64, m: v.positive as i64 });
    let s4 = b.try_map(|e| if e.n == 3 { Err("three") } else { Ok(Event { at: e.at, who: e.who.to_owned(), n: e.n + 1, x: e.x, maybe: e.maybe }) });
    let t5 = t3.filter_map(|(_, v)| (v.n > 0).then(|| Val { n: v.n - 1, m: v.m }));
    let k8 = s4.key_by(|e| if e.n > 0 { "a" } else { "b" }).named("id6");
    let k9 = s4.key_by(|e| if e.n > 0 { "a" } else { "b" }).named("id7").between(minutes(5), minutes(30));
    let s10 = k8.join(k9).map(|(a, b)| { let b = Some(b); Event { at: a.at, who: a.who.to_owned(), n: a.n - 1, x: a.x, maybe: b.as_ref().map(|b| b.n) } });
    let k12 = s4.key_by(|e| e.who).named("id11").lateness(hours(5));
    let s13 = k12.late();
    let s15 = k12.dedup(minutes(10));
    let s16 = a.filter(|e| e.n != 2);
    (s10, s13, s15, s16, t5, r2)
}


#[job]
pub fn job_2(a: Stream<Event>, b: Stream<Event>) -> (Table<String, Val>, Table<String, Val>, Table<String, Event>, Table<String, Inverted>, Table<Windowed<String>, Sums>, Table<String, Inverted>) {
    let r2 = a.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").latest();
    let t3 = r2.map(|(_, e)| Val { n: e.n, m: 1 });
    let r5 = t3.flat_map(|(k, v)| (0..v.n.rem_euclid(3)).map(move |i| (format!("{i}/{k}"), Val { n: v.n + i, m: v.m }))).group_by(|(k, v)| if k.len() > 2 { "b" } else { "a" }).named("id4").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t6 = r5.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let k9 = b.key_by(|e| e.who).named("id8").lateness(hours(5));
    let s10 = b.key_by(|e| e.who).named("id7").lateness(hours(300)).as_of_join(k9).map(|(a, b)| Event { at: a.at, who: a.who.to_owned(), n: a.n, x: a.x, maybe: b.as_ref().map(|b| b.n) });
    let t11 = t3.semi_join(t6);
    let s12 = s10.merge(a);
    let k14 = s12.key_by(|e| e.who).named("id13").window(session(minutes(15)));
    let r15 = k14.aggregate(Sums { count: count(), sum: sum(|e| e.n), exact: sum(|e| e.x), least: min(|e| e.n), greatest: max(|e| e.x) });
    let r17 = r15.map(|(_, v)| Val { n: v.sum % 50, m: v.count as i64 }).group_by(|(k, v)| k.key).named("id16").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t18 = r17.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let t19 = t11.anti_join(t11);
    (t18, t19, r2, r5, r15, r17)
}


#[job]
pub fn job_3(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>, Table<String, Val>, Table<Windowed<String>, Sets>, Table<String, Event>) {
    let k2 = b.key_by(|e| e.who).named("id1").window(session(minutes(40))).lateness(minutes(0));
    let s3 = k2.late();
    let r4 = k2.aggregate(Sets { distinct: count_distinct(|e| e.n), set: collect_set(|e| e.n), map: collect_map(|e| e.n, |e| e.x), per: per_key(|e| e.n, count()), mean: mean(|e| e.maybe), positive: filtered(|e| e.n > 0, count()), ties: min_with_ties(|e| e.n, |e| e.who) });
    let s5 = r4.finals().map(|f| { let v = &f.value; Event { at: f.window.start, who: f.key.to_owned(), n: v.positive as i64, x: 0.5, maybe: None } });
    let k7 = s3.key_by(|e| e.who).named("id6").lateness(minutes(7));
    let r9 = k7.reduce(|a, b| Event { at: b.at, who: a.who.to_owned(), n: (a.n * 2 - b.n) % 50, x: b.x, maybe: b.maybe });
    let t10 = r9.map(|(_, e)| Val { n: e.n, m: 2 });
    let k13 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id11").window(hopping(hours(1), minutes(30))).lateness(hours(300));
    let k14 = s3.key_by(|e| e.who).named("id12").window(hopping(hours(1), minutes(30))).lateness(hours(300));
    let s15 = k13.full_join(k14).map(|(a, b)| Event { at: a.as_ref().or(b.as_ref()).map_or(Timestamp::from_micros(0), |e| e.at), who: "f".to_owned(), n: a.as_ref().map_or(-1, |e| e.n), x: 0.25, maybe: b.as_ref().map(|e| e.n) });
    let t16 = t10.left_join_on(|(_, v)| format!("{}", v.n.rem_euclid(3)), t10).map(|(_, (a, b))| Val { n: a.n, m: b.as_ref().map_or(-1, |b| b.m) });
    let s17 = a.filter(|e| e.n != 2);
    (s5, s15, s17, t16, r4, r9)
}


#[job]
pub fn job_4(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>, Stream<Event>, Stream<Event>) {
    let k2 = b.key_by(|e| e.who).named("id1").lateness(hours(300));
    let s3 = k2.late();
    let s5 = k2.sliding(last_rows(3), (count(), sum(|e| e.n))).map(|(e, (c, s))| Event { at: e.at, who: e.who.to_owned(), n: *c as i64 * 10 + *s, x: e.x, maybe: e.maybe });
    let k7 = s5.key_by(|e| e.who).named("id6").lateness(hours(300));
    let s9 = k7.rank().map(|(e, r)| Event { at: e.at, who: e.who.to_owned(), n: *r as i64, x: e.x, maybe: e.maybe });
    let s10 = s5.filter(|e| e.maybe.is_some());
    let s11 = s10.filter(|e| e.who != "a");
    let k13 = s5.key_by(|e| if e.n > 0 { "a" } else { "b" }).named("id12").at_end();
    let s15 = k13.sliding(last_rows(1), (count(), sum(|e| e.n))).map(|(e, (c, s))| Event { at: e.at, who: e.who.to_owned(), n: *c as i64 * 10 + *s, x: e.x, maybe: e.maybe });
    let s16 = a.filter(|e| e.n != 2);
    (s3, s9, s11, s15, s16)
}


#[job]
pub fn job_5(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Table<String, Val>, Table<Windowed<String>, Sums>, Table<String, Inverted>) {
    let k2 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").window(session(minutes(15))).lateness(minutes(30));
    let r3 = k2.aggregate(Sums { count: count(), sum: sum(|e| e.n), exact: sum(|e| e.x), least: min(|e| e.n), greatest: max(|e| e.x) });
    let r5 = r3.map(|(_, v)| Val { n: v.sum % 50, m: v.count as i64 }).group_by(|(k, v)| format!("{}", k.window.start.micros().div_euclid(3_600_000_000))).named("id4").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t6 = r5.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let t7 = t6.join_on(|(_, v)| format!("{}", v.n.rem_euclid(3)), t6).map(|(_, (a, b))| Val { n: a.n + b.m, m: b.n });
    let k9 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id8").lateness(hours(300));
    let s11 = k9.lag(1).map(|(e, p)| Event { at: e.at, who: e.who.to_owned(), n: e.n - p.as_ref().map_or(0, |p| p.n), x: e.x, maybe: e.maybe });
    let s12 = s11.try_map(|e| if e.n == 3 { Err("three") } else { Ok(Event { at: e.at, who: e.who.to_owned(), n: e.n + 1, x: e.x, maybe: e.maybe }) });
    let s13 = a.filter(|e| e.n != 2);
    (s12, s13, t7, r3, r5)
}


#[job]
pub fn job_6(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>) {
    let k2 = b.key_by(|e| e.who).named("id1").lateness(minutes(7));
    let s3 = k2.late();
    let s5 = k2.scan(0i64, |sum, e| { *sum = (*sum * 2 + e.n) % 100; assert!(e.n != 5, "five"); }).named("id4").map(|s| { let n = *s; Event { at: Timestamp::from_micros(0), who: "s".to_owned(), n: n, x: 0.0, maybe: None } });
    let s6 = s5.merge(b);
    let s7 = s6.filter_map(|e| e.maybe.map(|m| Event { at: e.at, who: e.who.to_owned(), n: m - e.n, x: e.x, maybe: e.maybe }));
    let s8 = a.filter(|e| e.n != 2);
    (s3, s7, s8)
}


#[job]
pub fn job_7(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Table<String, Val>, Table<String, Val>, Table<Windowed<String>, Picks>, Table<String, Inverted>, Table<String, ()>) {
    let k2 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").at_end();
    let t4 = k2.fold(Val { n: 0, m: 0 }, |s, e| { s.n = (s.n * 3 + e.n) % 100; s.m += 1; assert!(e.n != 4, "four"); });
    let k6 = b.key_by(|e| e.who).named("id5").lateness(hours(5));
    let s7 = k6.late();
    let s9 = k6.process(0i64, |cx| { let time = cx.time().micros(); match cx.record() { Some(e) => { *cx.state = (*cx.state + e.n) % 20; cx.clear_timer("again"); cx.set_timer("silent", Timestamp::from_micros(time + 20 * 60_000_000)); if e.n == 3 { cx.set_timer("a", Timestamp::from_micros(time + 20 * 60_000_000)); } if e.n == 4 { cx.emit((cx.key().to_owned(), cx.time(), *cx.state)); } } None => { cx.emit((cx.key().to_owned(), cx.time(), *cx.state)); if *cx.state % 2 == 0 { cx.set_timer("again", Timestamp::from_micros(time + 45 * 60_000_000)); } if *cx.state == 7 { *cx.state = 0; panic!("seven"); } } } }).map(|(who, at, n)| { let at = *at; let n = *n; Event { at: at, who: who.to_string(), n: n, x: 1.0, maybe: None } });
    let k11 = s7.key_by(|e| e.who).named("id10").window(hopping(hours(1), minutes(20))).lateness(hours(300));
    let r12 = k11.aggregate(Picks { first: first(|e| e.n), last: last(|e| e.maybe), by: max_by(|e| e.n, |e| e.who), list: collect_list(|e| e.n), top: top_k_by(2, |e| e.n, |e| e.x), whole: last(|e| e) });
    let r14 = r12.map(|(_, v)| Val { n: v.first, m: v.last.unwrap_or(7) }).group_by(|(k, v)| k.key).named("id13").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t15 = r14.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let t16 = t4.left_join(t15).map(|(_, (a, b))| Val { n: a.n, m: b.as_ref().map_or(-1, |b| b.m) });
    let t17 = t16.filter(|(k, v)| *k != "a");
    let r19 = s9.key_by(|e| e.who).named("id18").distinct();
    let t20 = r19.map(|(k, _)| Val { n: k.len() as i64, m: 0 });
    let s21 = a.filter(|e| e.n != 2);
    (s21, t17, t20, r12, r14, r19)
}


#[job]
pub fn job_8(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>, Stream<Event>, Table<String, Val>, Table<String, Sets>) {
    let r2 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").aggregate(Sets { distinct: count_distinct(|e| e.n), set: collect_set(|e| e.n), map: collect_map(|e| e.n, |e| e.x), per: per_key(|e| e.n, count()), mean: mean(|e| e.maybe), positive: filtered(|e| e.n > 0, count()), ties: min_with_ties(|e| e.n, |e| e.who) });
    let t3 = r2.map(|(_, v)| Val { n: v.distinct as i64, m: v.positive as i64 });
    let s4 = b.try_map(|e| if e.n == 3 { Err("three") } else { Ok(Event { at: e.at, who: e.who.to_owned(), n: e.n + 1, x: e.x, maybe: e.maybe }) });
    let t5 = t3.filter_map(|(_, v)| (v.n > 0).then(|| Val { n: v.n - 1, m: v.m }));
    let k8 = s4.key_by(|e| if e.n > 0 { "a" } else { "b" }).named("id6");
    let k9 = s4.key_by(|e| if e.n > 0 { "a" } else { "b" }).named("id7").between(minutes(5), minutes(30));
    let s10 = k8.join(k9).map(|(a, b)| { let b = Some(b); Event { at: a.at, who: a.who.to_owned(), n: a.n - 1, x: a.x, maybe: b.as_ref().map(|b| b.n) } });
    let k12 = s4.key_by(|e| e.who).named("id11").lateness(hours(5));
    let s13 = k12.late();
    let s15 = k12.dedup(minutes(10));
    let s16 = a.filter(|e| e.n != 2);
    (s10, s13, s15, s16, t5, r2)
}


#[job]
pub fn job_9(a: Stream<Event>, b: Stream<Event>) -> (Table<String, Val>, Table<String, Val>, Table<String, Event>, Table<String, Inverted>, Table<Windowed<String>, Sums>, Table<String, Inverted>) {
    let r2 = a.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id1").latest();
    let t3 = r2.map(|(_, e)| Val { n: e.n, m: 1 });
    let r5 = t3.flat_map(|(k, v)| (0..v.n.rem_euclid(3)).map(move |i| (format!("{i}/{k}"), Val { n: v.n + i, m: v.m }))).group_by(|(k, v)| if k.len() > 2 { "b" } else { "a" }).named("id4").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t6 = r5.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let k9 = b.key_by(|e| e.who).named("id8").lateness(hours(5));
    let s10 = b.key_by(|e| e.who).named("id7").lateness(hours(300)).as_of_join(k9).map(|(a, b)| Event { at: a.at, who: a.who.to_owned(), n: a.n, x: a.x, maybe: b.as_ref().map(|b| b.n) });
    let t11 = t3.semi_join(t6);
    let s12 = s10.merge(a);
    let k14 = s12.key_by(|e| e.who).named("id13").window(session(minutes(15)));
    let r15 = k14.aggregate(Sums { count: count(), sum: sum(|e| e.n), exact: sum(|e| e.x), least: min(|e| e.n), greatest: max(|e| e.x) });
    let r17 = r15.map(|(_, v)| Val { n: v.sum % 50, m: v.count as i64 }).group_by(|(k, v)| k.key).named("id16").aggregate(Inverted { count: count(), sum: sum(|(_, v)| v.n), mean: mean(|(_, v)| Some(v.m)), greatest: kept(max(|(_, v)| v.m)), per: per_key(|(_, v)| v.n, count()) });
    let t18 = r17.map(|(_, v)| Val { n: v.sum % 50, m: v.greatest });
    let t19 = t11.anti_join(t11);
    (t18, t19, r2, r5, r15, r17)
}


#[job]
pub fn job_10(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>, Table<String, Val>, Table<Windowed<String>, Sets>, Table<String, Event>) {
    let k2 = b.key_by(|e| e.who).named("id1").window(session(minutes(40))).lateness(minutes(0));
    let s3 = k2.late();
    let r4 = k2.aggregate(Sets { distinct: count_distinct(|e| e.n), set: collect_set(|e| e.n), map: collect_map(|e| e.n, |e| e.x), per: per_key(|e| e.n, count()), mean: mean(|e| e.maybe), positive: filtered(|e| e.n > 0, count()), ties: min_with_ties(|e| e.n, |e| e.who) });
    let s5 = r4.finals().map(|f| { let v = &f.value; Event { at: f.window.start, who: f.key.to_owned(), n: v.positive as i64, x: 0.5, maybe: None } });
    let k7 = s3.key_by(|e| e.who).named("id6").lateness(minutes(7));
    let r9 = k7.reduce(|a, b| Event { at: b.at, who: a.who.to_owned(), n: (a.n * 2 - b.n) % 50, x: b.x, maybe: b.maybe });
    let t10 = r9.map(|(_, e)| Val { n: e.n, m: 2 });
    let k13 = b.key_by(|e| format!("{}", e.n.rem_euclid(3))).named("id11").window(hopping(hours(1), minutes(30))).lateness(hours(300));
    let k14 = s3.key_by(|e| e.who).named("id12").window(hopping(hours(1), minutes(30))).lateness(hours(300));
    let s15 = k13.full_join(k14).map(|(a, b)| Event { at: a.as_ref().or(b.as_ref()).map_or(Timestamp::from_micros(0), |e| e.at), who: "f".to_owned(), n: a.as_ref().map_or(-1, |e| e.n), x: 0.25, maybe: b.as_ref().map(|e| e.n) });
    let t16 = t10.left_join_on(|(_, v)| format!("{}", v.n.rem_euclid(3)), t10).map(|(_, (a, b))| Val { n: a.n, m: b.as_ref().map_or(-1, |b| b.m) });
    let s17 = a.filter(|e| e.n != 2);
    (s5, s15, s17, t16, r4, r9)
}


#[job]
pub fn job_11(a: Stream<Event>, b: Stream<Event>) -> (Stream<Event>, Stream<Event>, Stream<Event>, Stream<Event>, Stream<Event>) {
    let k2 = b.key_by(|e| e.who).named("id1").lateness(hours(300));
    let s3 = k2.late();
    let s5 = k2.sliding(last_rows(3), (count(), sum(|e| e.n))).map(|(e, (c, s))| Event { at: e.at, who: e.who.to_owned(), n: *c as i64 * 10 + *s, x: e.x, maybe: e.maybe });
    let k7 = s5.key_by(|e| e.who).named("id6").lateness(hours(300));
    let s9 = k7.rank().map(|(e, r)| Event { at: e.at, who: e.who.to_owned(), n: *r as i64, x: e.x, maybe: e.maybe });
    let s10 = s5.filter(|e| e.maybe.is_some());
    let s11 = s10.filter(|e| e.who != "a");
    let k13 = s5.key_by(|e| if e.n > 0 { "a" } else { "b" }).named("id12").at_end();
    let s15 = k13.sliding(last_rows(1), (count(), sum(|e| e.n))).map(|(e, (c, s))| Event { at: e.at, who: e.who.to_owned(), n: *c as i64 * 10 + *s, x: e.x, maybe: e.maybe });
    let s16 = a.filter(|e| e.n != 2);
    (s3, s9, s11, s15, s16)
}

