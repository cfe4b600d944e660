#include "sip/dns_cache.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "sip/srv_order.hpp"

namespace offhook::sip {
namespace {

using Outcome = DnsAnswer::Outcome;

bool same_records(const DnsAnswer& a, const DnsAnswer& b) {
  return std::ranges::is_permutation(a.addresses, b.addresses) &&
         std::ranges::is_permutation(a.srv, b.srv) && std::ranges::is_permutation(a.naptr, b.naptr);
}

void bound(DnsAnswer& answer) {
  const auto cut = [](auto& records) {
    if (records.size() > limits::kDnsRecords) {
      records.erase(records.begin() + limits::kDnsRecords, records.end());
    }
  };
  cut(answer.addresses);
  cut(answer.srv);
  cut(answer.naptr);
}

}  // namespace

const DnsAnswer* DnsCache::find(const DnsQuestion& question, Time now) {
  const auto [entry, is_new] = entries_.try_emplace(question);
  entry->second.pass = pass_;
  if (is_new) ask(question, entry->second, now);
  return entry->second.answer ? &*entry->second.answer : nullptr;
}

void DnsCache::end_pass() {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.pass != pass_; });
}

void DnsCache::ask(const DnsQuestion& question, Entry& entry, Time now) {
  entry.asked_at = now;
  entry.ask_at.reset();
  questions_.push_back(question);
}

bool DnsCache::handle_answer(const DnsQuestion& question, DnsAnswer answer, Time now) {
  const auto known = entries_.find(question);
  if (known == entries_.end() || known->second.ask_at) return false;
  Entry& entry = known->second;
  bound(answer);
  const std::optional<DnsAnswer> before = entry.answer;
  if (answer.outcome == Outcome::Failed) {
    keep_through_failure(entry, std::move(answer), now);
  } else {
    keep(entry, std::move(answer), now);
  }
  return entry.answer != before;
}

void DnsCache::keep(Entry& entry, DnsAnswer answer, Time now) {
  entry.failures = 0;
  entry.found_at = now;
  Duration ttl = kNegativeTtl;
  if (answer.outcome == Outcome::Found) {
    ttl = std::clamp<Duration>(answer.ttl, kShortestTtl, kLongestTtl);
  }
  entry.ask_at = now + (answer.outcome == Outcome::Found ? ttl * 9 / 10 : ttl);
  if (entry.answer && entry.answer->outcome == answer.outcome &&
      same_records(*entry.answer, answer)) {
    return;
  }
  order_srv(answer.srv, random_);
  entry.answer = std::move(answer);
}

void DnsCache::keep_through_failure(Entry& entry, DnsAnswer answer, Time now) {
  constexpr unsigned kDoublings = 5;  // 2 s, 4 s, ... beyond 60 s
  entry.ask_at =
      now + std::min(kFirstRetry * (1U << std::min(entry.failures, kDoublings)), kLongestRetry);
  ++entry.failures;
  const bool is_known = entry.answer && entry.answer->outcome != Outcome::Failed;
  if (!is_known || now - entry.found_at > kLongestKept) entry.answer = std::move(answer);
}

void DnsCache::refresh(Time now) {
  for (auto& [question, entry] : entries_) {
    if (entry.ask_at && now - entry.asked_at >= kShortestTtl) ask(question, entry, now);
  }
}

void DnsCache::handle_timeout(Time now) {
  for (auto& [question, entry] : entries_) {
    if (is_due(entry.ask_at, now)) ask(question, entry, now);
  }
}

std::optional<DnsQuestion> DnsCache::poll_output() {
  if (questions_.empty()) return std::nullopt;
  DnsQuestion question = std::move(questions_.front());
  questions_.pop_front();
  return question;
}

std::optional<Time> DnsCache::next_timeout() const {
  std::optional<Time> next;
  for (const auto& [question, entry] : entries_) next = earliest(next, entry.ask_at);
  return next;
}

}  // namespace offhook::sip
