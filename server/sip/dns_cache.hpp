#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/dns.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace offhook::sip {

// Answers of the domain name system, kept fresh for as long as they are used. Sans-IO.
//
// | input                 | what follows                                                          |
// |-----------------------|-----------------------------------------------------------------------|
// | find, unknown         | asked at once                                                         |
// | Found                 | kept; asked again after 90 % of its TTL (which counts as 5 s to 1 h)  |
// | Found, the same again | kept in the order that it had, so that nobody moves for a shuffle     |
// | NoSuchRecord          | kept; asked again after 30 s                                          |
// | Failed                | what is known is kept, for up to 7 days; asked again after 2 s,       |
// |                       | doubling up to 60 s                                                   |
// | refresh               | asked at once what was asked longer ago than 5 s                      |
// | a pass without find   | forgotten                                                             |
class DnsCache {
 public:
  static constexpr Duration kShortestTtl = std::chrono::seconds(5);
  static constexpr Duration kLongestTtl = std::chrono::hours(1);
  static constexpr Duration kNegativeTtl = std::chrono::seconds(30);
  static constexpr Duration kFirstRetry = std::chrono::seconds(2);
  static constexpr Duration kLongestRetry = std::chrono::seconds(60);
  // A denial of service has kept a provider's name servers away for days. After a week an address
  // may be somebody else's.
  static constexpr Duration kLongestKept = std::chrono::days(7);

  explicit DnsCache(Random& random) : random_(random) {}

  // nullptr until it has been answered once. An SRV answer comes in the order to try it in (RFC
  // 2782). Valid until handle_answer() or end_pass().
  [[nodiscard]] const DnsAnswer* find(const DnsQuestion& question, Time now);
  // What no find() has asked for between the two is forgotten.
  void begin_pass() { ++pass_; }
  void end_pass();

  // Ignored unless it was asked for. True where what find() returns is another answer than before.
  bool handle_answer(const DnsQuestion& question, DnsAnswer answer, Time now);
  void refresh(Time now);  // an address turned out to be of no use
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<DnsQuestion> poll_output();  // to be asked; each is answered once
  [[nodiscard]] std::optional<Time> next_timeout() const;

 private:
  struct Entry {
    std::optional<DnsAnswer> answer;
    Time found_at{};  // when name servers last said so
    Time asked_at{};
    std::optional<Time> ask_at;  // nullopt: a question is under way
    unsigned failures = 0;
    std::uint64_t pass = 0;
  };

  void ask(const DnsQuestion& question, Entry& entry, Time now);
  void keep(Entry& entry, DnsAnswer answer, Time now);
  void keep_through_failure(Entry& entry, DnsAnswer answer, Time now);

  Random& random_;
  std::map<DnsQuestion, Entry> entries_;
  std::deque<DnsQuestion> questions_;
  std::uint64_t pass_ = 0;
};

}  // namespace offhook::sip
