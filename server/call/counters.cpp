#include "call/counters.hpp"

#include <algorithm>
#include <array>

#include "base/overloaded.hpp"

namespace offhook::call {
namespace {

// Post-dial delay: below a second is good, beyond ten people hang up.
constexpr std::array kSetupBounds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};
constexpr std::array kTalkingBounds{10.0, 30.0, 60.0, 180.0, 600.0, 1'800.0, 3'600.0, 14'400.0};

// 4.0 satisfies most users, 3.6 some, 3.1 few (ITU-T G.109).
constexpr std::array kScoreBounds{1.5, 2.0, 2.6, 3.1, 3.6, 4.0, 4.3, 4.5};
constexpr std::array kLossBounds{0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2};
constexpr std::array kJitterBounds{0.001, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16};
constexpr std::array kRoundTripBounds{0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.8};

double ratio(std::uint64_t lost, std::uint64_t all) {
  return std::min(static_cast<double>(lost) / static_cast<double>(all), 1.0);
}

void observe(SideQuality& quality, const control::LegStatistics& leg) {
  using std::chrono::microseconds;
  if (leg.packets_received() > 0) {
    quality.received.loss.observe(
        ratio(leg.packets_lost(), leg.packets_received() + leg.packets_lost()));
    quality.received.jitter.observe(microseconds(leg.jitter_us()));
  }
  if (leg.has_mos_received()) quality.received.score.observe(leg.mos_received() / 100.0);
  if (leg.has_far_packets_lost() && leg.packets_sent() > 0) {
    quality.sent.loss.observe(ratio(leg.far_packets_lost(), leg.packets_sent()));
  }
  if (leg.has_far_jitter_us()) quality.sent.jitter.observe(microseconds(leg.far_jitter_us()));
  if (leg.has_mos_sent()) quality.sent.score.observe(leg.mos_sent() / 100.0);
  if (leg.has_round_trip_us()) quality.round_trip.observe(microseconds(leg.round_trip_us()));
}

// Of a table, never of the message.
std::string_view kind_of(const sip::Message& message) {
  constexpr std::array<std::string_view, 6> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx", "6xx"};
  return std::visit(
      Overloaded{
          [](const sip::Request& request) {
            return request.method == sip::Method::Unknown ? std::string_view("other")
                                                          : to_string(request.method);
          },
          [&](const sip::Response& response) { return kClasses.at(response.status / 100U - 1U); },
      },
      message);
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

void Histogram::observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  sum_ += value;
}

void Histogram::observe(Duration duration) {
  observe(std::chrono::duration<double>(duration).count());
}

SideQuality::Way::Way() : score(kScoreBounds), loss(kLossBounds), jitter(kJitterBounds) {}
SideQuality::SideQuality() : round_trip(kRoundTripBounds) {}

// What has not happened yet is told as 0: a rate that starts with its first event misses it.
Counters::Counters()
    : dropped_{{"unknown_source", 0}}, setup_(kSetupBounds), talking_(kTalkingBounds) {
  using enum sip::Transport;
  for (const auto transport : {Udp, Tcp, Tls, Ws, Wss}) parse_errors_[transport] = 0;
  for (const std::string_view verdict :
       {"allowed", "emergency", "forbidden_destination", "too_many_calls",
        "too_many_calls_a_minute", "too_many_calls_of_user"}) {
    dials_[{"dialled", verdict}] = 0;
  }
  for (const auto direction : {Direction::Inbound, Direction::Outbound}) {
    texts_[{direction, "delivered"}] = 0;
  }
}

void Counters::count_message(bool sent, sip::Transport transport, const sip::Message& message) {
  ++messages_[{sent, transport, kind_of(message)}];
}

void Counters::count_call(const CallEnded& call) {
  ++calls_[{call.direction, call.outcome, call.failure}];
  if (call.talking > Duration{}) talking_.observe(call.talking);
}

void Counters::count_quality(const CallEnded& call) {
  if (call.browser_leg.statistics) observe(browser_, *call.browser_leg.statistics);
  if (call.trunk_leg.statistics) observe(trunk_, *call.trunk_leg.statistics);
}

std::uint64_t Counters::dropped_in_all() const {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : dropped_) sum += count;
  return sum;
}

}  // namespace offhook::call
