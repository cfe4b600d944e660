#include "sip/message_summary.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace offhook::sip {
namespace {

struct CountPair {
  std::uint32_t unheard;
  std::uint32_t heard;
};

// "2/8", with spaces around each part.
std::optional<CountPair> read_pair(std::string_view text) {
  const auto unheard = parse_decimal<std::uint32_t>(trim(take_until(text, '/')));
  const auto heard = parse_decimal<std::uint32_t>(trim(text));
  if (!unheard || !heard) return std::nullopt;
  return CountPair{*unheard, *heard};
}

// "2/8 (0/2)"; the second pair is of urgent messages and may be missing.
std::optional<MessageSummary::Counts> read_counts(std::string_view text) {
  const auto all = read_pair(take_until(text, '('));
  const auto urgent = text.empty() ? CountPair{0, 0} : read_pair(take_until(text, ')'));
  if (!all || !urgent) return std::nullopt;
  return MessageSummary::Counts{all->unheard, all->heard, urgent->unheard, urgent->heard};
}

std::string pair_text(std::uint32_t unheard, std::uint32_t heard) {
  return std::to_string(unheard) + "/" + std::to_string(heard);
}

std::uint32_t saturating_sum(std::uint32_t a, std::uint32_t b) {
  return a + std::min(b, std::numeric_limits<std::uint32_t>::max() - a);
}

}  // namespace

bool is_message_summary(const Request& notify) {
  std::string_view event = notify.headers.event;
  return notify.method == Method::Notify &&
         equals_ignoring_case(trim(take_until(event, ';')), kMessageSummaryEvent);
}

std::optional<MessageSummary> parse_message_summary(std::string_view body) {
  MessageSummary summary;
  bool says_whether = false;
  while (!body.empty()) {
    std::string_view value = trim(take_until(body, '\n'));
    if (value.empty()) break;  // what follows are headers of single messages
    const std::string_view name = trim(take_until(value, ':'));
    value = trim(value);
    if (equals_ignoring_case(name, "Messages-Waiting")) {
      summary.waiting = equals_ignoring_case(value, "yes");
      says_whether = summary.waiting || equals_ignoring_case(value, "no");
    } else if (equals_ignoring_case(name, "Voice-Message")) {
      summary.voice = read_counts(value);
    }
  }
  if (!says_whether) return std::nullopt;
  return summary;
}

std::string to_string(const MessageSummary& summary) {
  std::string body = summary.waiting ? "Messages-Waiting: yes\r\n" : "Messages-Waiting: no\r\n";
  if (const auto& voice = summary.voice) {
    body += "Voice-Message: " + pair_text(voice->unheard, voice->heard) + " (" +
            pair_text(voice->urgent_unheard, voice->urgent_heard) + ")\r\n";
  }
  return body;
}

MessageSummary together(const MessageSummary& a, const MessageSummary& b) {
  MessageSummary both{.waiting = a.waiting || b.waiting, .voice = a.voice ? a.voice : b.voice};
  if (a.voice && b.voice) {
    both.voice =
        MessageSummary::Counts{saturating_sum(a.voice->unheard, b.voice->unheard),
                               saturating_sum(a.voice->heard, b.voice->heard),
                               saturating_sum(a.voice->urgent_unheard, b.voice->urgent_unheard),
                               saturating_sum(a.voice->urgent_heard, b.voice->urgent_heard)};
  }
  return both;
}

}  // namespace offhook::sip
