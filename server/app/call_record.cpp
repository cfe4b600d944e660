#include "app/call_record.hpp"

#include <fmt/format.h>

namespace offhook::app {
namespace {

std::string milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void add_leg(const std::string& side, const call::LegRecord& record, LogFields& fields) {
  if (!record.statistics) return;
  const control::LegStatistics& leg = *record.statistics;
  const auto add = [&](const char* name, std::uint64_t value) {
    fields.emplace_back(side + name, std::to_string(value));
  };
  const auto add_score = [&](const char* name, std::uint32_t score) {
    fields.emplace_back(side + name, fmt::format("{:.2f}", score / 100.0));
  };
  add("_packets_received", leg.packets_received());
  add("_packets_sent", leg.packets_sent());
  add("_packets_lost", leg.packets_lost());
  add("_packets_dropped", leg.packets_dropped());
  add("_packets_rejected", leg.packets_rejected());
  if (leg.packets_received() > 0) add("_jitter_us", leg.jitter_us());
  if (leg.has_far_packets_lost()) add("_far_packets_lost", leg.far_packets_lost());
  if (leg.has_far_jitter_us()) add("_far_jitter_us", leg.far_jitter_us());
  if (leg.has_round_trip_us()) add("_round_trip_us", leg.round_trip_us());
  if (leg.has_mos_received()) add_score("_mos_received", leg.mos_received());
  if (leg.has_mos_sent()) add_score("_mos_sent", leg.mos_sent());
  if (leg.has_first_packet_after_us()) {
    add("_first_packet_after_us", leg.first_packet_after_us());
  }
}

}  // namespace

LogFields record_fields(const call::CallEnded& call) {
  const bool is_outbound = call.direction == call::Direction::Outbound;
  LogFields fields{{"call", call::call_text(call.id)},
                   {"direction", is_outbound ? "outbound" : "inbound"},
                   {"user", call.user},
                   {"trunk", call.trunk},
                   {"number", call.remote_number},
                   {"outcome", std::string(call::to_string(call.outcome))},
                   {"failure", call.failure},
                   {"sip_status", std::to_string(call.sip_status)},
                   {"ringing_ms", milliseconds(call.ringing)},
                   {"talking_ms", milliseconds(call.talking)}};
  if (!call.transferred_to.empty()) fields.emplace_back("transferred_to", call.transferred_to);
  add_leg("browser", call.browser_leg, fields);
  add_leg("trunk", call.trunk_leg, fields);
  return fields;
}

}  // namespace offhook::app
