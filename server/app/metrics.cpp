#include "app/metrics.hpp"

#include <limits>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/text.hpp"

namespace offhook::app {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

template <typename Number>
double number(Number value) {
  return static_cast<double>(value);
}

class Families {
 public:
  void begin(std::string name, std::string help, MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
  }
  void add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    const bool counts = families_.back().type == MetricType::Counter;
    (counts ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
  }
  void gauge(std::string name, std::string help, double value) {
    begin(std::move(name), std::move(help), MetricType::Gauge);
    add({}, value);
  }
  void counter(std::string name, std::string help, double value) {
    begin(std::move(name), std::move(help), MetricType::Counter);
    add({}, value);
  }
  void histogram(std::string name, std::string help, const call::Histogram& histogram) {
    begin(std::move(name), std::move(help), MetricType::Histogram);
    add({}, histogram);
  }
  void add(Labels labels, const call::Histogram& histogram) {
    ClientMetric metric;
    metric.label = std::move(labels);
    for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
      metric.histogram.sample_count += histogram.counts()[i];
      metric.histogram.bucket.push_back(
          {metric.histogram.sample_count, i < histogram.bounds().size()
                                              ? histogram.bounds()[i]
                                              : std::numeric_limits<double>::infinity()});
    }
    metric.histogram.sample_sum = histogram.sum();
    families_.back().metric.push_back(std::move(metric));
  }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

std::string label_of(sip::Transport transport) { return to_lower(sip::to_string(transport)); }
std::string label_of(call::Direction direction) {
  return direction == call::Direction::Outbound ? "outbound" : "inbound";
}

void add_sip(Families& families, const call::Status& status, const call::Counters& counters) {
  families.begin("offhook_sip_messages_total",
                 "SIP messages by direction, transport, and method or class of the status",
                 MetricType::Counter);
  for (const auto& [key, count] : counters.messages()) {
    const auto& [sent, transport, message] = key;
    families.add({{"direction", sent ? "sent" : "received"},
                  {"transport", label_of(transport)},
                  {"message", std::string(message)}},
                 number(count));
  }
  families.begin("offhook_sip_parse_errors_total", "Messages that could not be read",
                 MetricType::Counter);
  for (const auto& [transport, count] : counters.parse_errors()) {
    families.add({{"transport", label_of(transport)}}, number(count));
  }
  families.begin("offhook_sip_dropped_total", "Messages that were dropped without an answer",
                 MetricType::Counter);
  for (const auto& [reason, count] : counters.dropped()) {
    families.add({{"reason", std::string(reason)}}, number(count));
  }
  families.counter("offhook_sip_shed_total",
                   "Requests refused because their source sends too many, or for want of room",
                   number(status.shed));
  families.counter("offhook_sip_retransmissions_total", "Messages sent again for want of an answer",
                   number(status.retransmissions));
  families.gauge("offhook_sip_transactions", "SIP transactions", number(status.transactions));
  families.gauge("offhook_sip_sessions", "SIP sessions, one for each leg of a call",
                 number(status.sessions));
}

void add_calls(Families& families, const call::Status& status, const call::Counters& counters) {
  families.begin("offhook_active_calls", "Calls under way by state", MetricType::Gauge);
  families.add({{"state", "connecting"}}, number(status.connecting));
  families.add({{"state", "ringing"}}, number(status.ringing));
  families.add({{"state", "connected"}}, number(status.connected));
  families.begin("offhook_calls_total", "Calls that are over, those refused at once among them",
                 MetricType::Counter);
  for (const auto& [key, count] : counters.calls()) {
    const auto& [direction, outcome, failure] = key;
    families.add({{"direction", label_of(direction)},
                  {"outcome", std::string(to_string(outcome))},
                  {"failure", failure.empty() ? "none" : failure}},
                 number(count));
  }
  families.begin("offhook_dials_total",
                 "Calls and messages that wanted to go out, by way and by what the dial gate said",
                 MetricType::Counter);
  for (const auto& [key, count] : counters.dials()) {
    families.add({{"way", std::string(key.first)}, {"verdict", std::string(key.second)}},
                 number(count));
  }
  families.begin("offhook_text_messages_total",
                 "Text messages that were answered, by delivered or the failure",
                 MetricType::Counter);
  for (const auto& [key, count] : counters.texts()) {
    families.add({{"direction", label_of(key.first)}, {"outcome", std::string(key.second)}},
                 number(count));
  }
  families.histogram("offhook_call_setup_seconds",
                     "From the caller's INVITE to ringing or answer at the other end",
                     counters.setup());
  families.histogram("offhook_call_duration_seconds", "From answer to end", counters.talking());
}

using Histogram = call::Histogram call::SideQuality::Way::*;

void add_quality(Families& families, const call::Counters& counters, std::string name,
                 std::string help, Histogram histogram) {
  families.begin(std::move(name), std::move(help), MetricType::Histogram);
  for (const auto& [side, quality] : {std::pair{"browser", &counters.browser_quality()},
                                      std::pair{"trunk", &counters.trunk_quality()}}) {
    families.add({{"side", side}, {"direction", "received"}}, quality->received.*histogram);
    families.add({{"side", side}, {"direction", "sent"}}, quality->sent.*histogram);
  }
}

void add_quality(Families& families, const call::Counters& counters) {
  using Way = call::SideQuality::Way;
  add_quality(families, counters, "offhook_call_mos",
              "Mean opinion score of a leg by the E-model, 1 to 4.5", &Way::score);
  add_quality(families, counters, "offhook_call_packet_loss_ratio", "Lost packets of a leg to all",
              &Way::loss);
  add_quality(families, counters, "offhook_call_jitter_seconds", "Jitter of a leg at its end",
              &Way::jitter);
  families.begin("offhook_call_round_trip_seconds", "Between us and the far side of a leg",
                 MetricType::Histogram);
  families.add({{"side", "browser"}}, counters.browser_quality().round_trip);
  families.add({{"side", "trunk"}}, counters.trunk_quality().round_trip);
}

void add_rejected(Families& families, const char* side, const control::RejectedPackets& rejected) {
  for (const auto& [cause, count] :
       {std::pair{"malformed", rejected.malformed()},
        std::pair{"wrong_source", rejected.wrong_source()},
        std::pair{"unknown_source", rejected.unknown_source()},
        std::pair{"not_ready", rejected.not_ready()},
        std::pair{"not_authentic", rejected.not_authentic()},
        std::pair{"replayed", rejected.replayed()},
        std::pair{"unknown_payload_type", rejected.unknown_payload_type()}}) {
    families.add({{"side", side}, {"cause", cause}}, number(count));
  }
}

void add_media(Families& families, const control::EngineStatistics& media) {
  const auto sides = {std::pair{"browser", &media.browser()}, std::pair{"trunk", &media.trunk()}};
  families.begin("offhook_media_process_legs", "Legs in the media process", MetricType::Gauge);
  families.add({{"side", "browser"}}, number(media.browser_legs()));
  families.add({{"side", "trunk"}}, number(media.trunk_legs()));
  families.gauge("offhook_media_process_bridges", "Bridges in the media process",
                 number(media.bridges()));
  families.begin("offhook_media_packets_total", "RTP packets", MetricType::Counter);
  for (const auto& [side, counted] : sides) {
    families.add({{"side", side}, {"direction", "received"}}, number(counted->packets_received()));
    families.add({{"side", side}, {"direction", "sent"}}, number(counted->packets_sent()));
  }
  families.begin("offhook_media_payload_bytes_total", "Bytes of sound in RTP packets",
                 MetricType::Counter);
  for (const auto& [side, counted] : sides) {
    families.add({{"side", side}, {"direction", "received"}}, number(counted->bytes_received()));
    families.add({{"side", side}, {"direction", "sent"}}, number(counted->bytes_sent()));
  }
  families.begin("offhook_media_packets_lost_total",
                 "RTP packets that did not reach us, of legs that are over", MetricType::Counter);
  for (const auto& [side, counted] : sides) {
    families.add({{"side", side}}, number(counted->packets_lost()));
  }
  families.begin("offhook_media_packets_dropped_total",
                 "RTP packets that waited too long to be sent to this side", MetricType::Counter);
  for (const auto& [side, counted] : sides) {
    families.add({{"side", side}}, number(counted->packets_dropped()));
  }
  families.begin("offhook_media_packets_rejected_total",
                 "Datagrams that were not used, by cause; side none: they belong to no leg",
                 MetricType::Counter);
  add_rejected(families, "browser", media.browser().rejected());
  add_rejected(families, "trunk", media.trunk().rejected());
  add_rejected(families, "none", media.rejected_without_leg());
}

void add_state(Families& families, const call::Status& status) {
  families.begin("offhook_trunk_registered",
                 "1 where the trunk can be used: registered, or in no need of it",
                 MetricType::Gauge);
  for (const call::TrunkStatus& trunk : status.trunks) {
    const bool well = trunk.state == "registered" || trunk.state == "ready";
    families.add({{"trunk", trunk.name}}, well ? 1 : 0);
  }
  families.begin(
      "offhook_trunk_messages_waiting",
      "1 where the provider says that voice messages wait, missing where it says nothing",
      MetricType::Gauge);
  for (const call::TrunkStatus& trunk : status.trunks) {
    if (trunk.mailbox) families.add({{"trunk", trunk.name}}, trunk.mailbox->waiting ? 1 : 0);
  }
  families.gauge("offhook_devices", "Registered browsers", number(status.devices));
  families.gauge("offhook_websockets", "Open WebSockets", number(status.web_sockets));
  families.gauge("offhook_media_legs", "Media legs that calls hold", number(status.legs));
  families.gauge("offhook_media_connected", "1 while the media process is there",
                 status.media_connected ? 1 : 0);
}

void add_process(Families& families, const ProcessUsage& usage) {
  families.gauge("process_resident_memory_bytes", "Resident memory size in bytes",
                 usage.resident_bytes);
  families.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes",
                 usage.virtual_bytes);
  families.counter("process_cpu_seconds_total", "User and system CPU time spent in seconds",
                   usage.processor_seconds);
  families.gauge("process_start_time_seconds", "Start time since unix epoch in seconds",
                 usage.start_time);
  families.gauge("process_open_fds", "Open file descriptors", usage.open_descriptors);
  families.gauge("process_max_fds", "Most file descriptors that may be open",
                 usage.most_descriptors);
}

}  // namespace

std::string metrics_text(const call::Status& status, const call::Counters& counters,
                         const MediaCensus::Answer& media, const ProcessUsage& usage) {
  Families families;
  families.begin("offhook_build_info", "1, with the version", MetricType::Gauge);
  families.add({{"version", OFFHOOK_VERSION}}, 1);
  add_sip(families, status, counters);
  add_calls(families, status, counters);
  add_quality(families, counters);
  if (media) add_media(families, *media);
  add_state(families, status);
  add_process(families, usage);
  return families.text();
}

}  // namespace offhook::app
