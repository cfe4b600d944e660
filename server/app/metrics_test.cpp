#include "app/metrics.hpp"

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offhook::app {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// What Prometheus's text format 0.0.4 asks for, and what its linter asks of names.
class Format {
 public:
  explicit Format(const std::string& text) {
    EXPECT_TRUE(text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    for (const auto& [series, buckets] : buckets_) {
      const auto& [name, labels] = series;
      EXPECT_TRUE(std::ranges::is_sorted(buckets)) << name << labels;
      EXPECT_EQ(buckets.back(), value(std::string(name).append("_count").append(labels)));
      EXPECT_TRUE(values_.contains(std::string(name).append("_sum").append(labels))) << name;
    }
  }
  [[nodiscard]] double value(const std::string& series) const {
    const auto found = values_.find(series);
    return found == values_.end() ? -1 : found->second;
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  void read(const std::string& line) {
    static const std::regex kHelp(R"(# HELP ([a-z_]+) \S.*)");
    static const std::regex kType(R"(# TYPE ([a-z_]+) (counter|gauge|histogram))");
    static const std::regex kSample(
        R"(([a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? ([-+.e0-9]+))");
    std::smatch part;
    if (std::regex_match(line, part, kHelp)) {
      EXPECT_TRUE(families_.insert(part[1]).second) << "twice: " << line;
    } else if (std::regex_match(line, part, kType)) {
      name_ = part[1];
      type_ = part[2];
      EXPECT_TRUE(families_.contains(name_)) << line;
      EXPECT_EQ(name_.ends_with("_total"), type_ == "counter") << line;
    } else if (std::regex_match(line, part, kSample)) {
      sample(part[1], part[2], std::stod(part[4]), line);
    } else {
      ADD_FAILURE() << "neither help nor type nor sample: " << line;
    }
  }
  void sample(const std::string& name, const std::string& labels, double number,
              const std::string& line) {
    const bool is_part = type_ == "histogram" && name.starts_with(name_ + "_");
    EXPECT_TRUE(name == name_ || is_part) << "not under its TYPE: " << line;
    EXPECT_TRUE(values_.emplace(name + labels, number).second) << "twice: " << line;
    if (name != name_ + "_bucket") return;
    static const std::regex kBound(",?le=\"[^\"]*\"");
    std::string others = std::regex_replace(labels, kBound, "");
    if (others == "{}") others.clear();
    buckets_[{name_, others}].push_back(number);
  }

  std::set<std::string> families_;
  std::string name_;
  std::string type_;
  std::map<std::string, double> values_;
  // By name and the labels that are no bound.
  std::map<std::pair<std::string, std::string>, std::vector<double>> buckets_;
};

TEST(MetricsTest, WritesWhatPrometheusReads) {
  call::Counters counters;
  sip::Request invite;
  invite.method = sip::Method::Invite;
  counters.count_message(false, sip::Transport::Wss, sip::Message(invite));
  counters.count_message(true, sip::Transport::Udp, sip::Message(invite));
  counters.count_message(true, sip::Transport::Udp, sip::Message(invite));
  counters.count_parse_error(sip::Transport::Tcp);
  counters.count_dropped("unknown_source");
  counters.observe_setup(milliseconds(1'200));
  counters.count_dial("dialled", "forbidden_destination");
  call::CallEnded ended{};
  ended.outcome = call::Outcome::Busy;
  ended.failure = "busy";
  counters.count_call(ended);
  ended.outcome = call::Outcome::Completed;
  ended.failure = "";
  ended.direction = call::Direction::Inbound;
  ended.talking = std::chrono::hours(5);
  counters.count_call(ended);
  counters.count_text(call::Direction::Outbound, "text_too_long");
  call::Status status;
  status.ringing = 3;
  status.web_sockets = 4;
  status.trunks = {
      {"voipms", "registered", ""}, {"other", "waiting", "503"}, {"free", "ready", ""}};

  status.trunks[0].mailbox.emplace().waiting = true;

  const Format metrics(metrics_text(status, counters, std::nullopt, ProcessUsage::read()));
  EXPECT_EQ(metrics.value("offhook_build_info{version=\"" OFFHOOK_VERSION "\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_sip_messages_total{direction=\"received\",transport=\"wss\","
                          "message=\"INVITE\"}"),
            1);
  EXPECT_EQ(metrics.value("offhook_sip_messages_total{direction=\"sent\",transport=\"udp\","
                          "message=\"INVITE\"}"),
            2);
  EXPECT_EQ(metrics.value("offhook_sip_parse_errors_total{transport=\"tcp\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_sip_parse_errors_total{transport=\"udp\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_sip_dropped_total{reason=\"unknown_source\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_calls_total{direction=\"outbound\",outcome=\"busy\","
                          "failure=\"busy\"}"),
            1);
  EXPECT_EQ(metrics.value("offhook_calls_total{direction=\"inbound\",outcome=\"completed\","
                          "failure=\"none\"}"),
            1);
  EXPECT_EQ(metrics.value("offhook_dials_total{way=\"dialled\",verdict=\"forbidden_destination\"}"),
            1);
  EXPECT_EQ(metrics.value("offhook_dials_total{way=\"dialled\",verdict=\"allowed\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_text_messages_total{direction=\"outbound\","
                          "outcome=\"text_too_long\"}"),
            1);
  EXPECT_EQ(
      metrics.value("offhook_text_messages_total{direction=\"inbound\",outcome=\"delivered\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_active_calls{state=\"ringing\"}"), 3);
  EXPECT_EQ(metrics.value("offhook_call_setup_seconds_bucket{le=\"1\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_call_setup_seconds_bucket{le=\"2.5\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_call_setup_seconds_sum"), 1.2);
  EXPECT_EQ(metrics.value("offhook_call_duration_seconds_bucket{le=\"14400\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_call_duration_seconds_bucket{le=\"+Inf\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_trunk_registered{trunk=\"voipms\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_trunk_registered{trunk=\"other\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_trunk_registered{trunk=\"free\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_trunk_messages_waiting{trunk=\"voipms\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_websockets"), 4);
  EXPECT_EQ(metrics.value("offhook_media_connected"), 0);
}

TEST(MetricsTest, TellsHowTheLegsOfEachSideFared) {
  call::Counters counters;
  call::CallEnded ended{};
  control::LegStatistics& leg = ended.browser_leg.statistics.emplace();
  leg.set_packets_received(95);
  leg.set_packets_lost(5);
  leg.set_mos_received(355);
  leg.set_round_trip_us(60'000);
  counters.count_quality(ended);
  const Format metrics(metrics_text({}, counters, std::nullopt, ProcessUsage::read()));
  const std::string browser = "side=\"browser\",direction=\"received\"";
  EXPECT_EQ(metrics.value("offhook_call_mos_bucket{" + browser + ",le=\"3.1\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_call_mos_bucket{" + browser + ",le=\"3.6\"}"), 1);
  EXPECT_EQ(metrics.value("offhook_call_mos_count{side=\"browser\",direction=\"sent\"}"), 0);
  EXPECT_EQ(metrics.value("offhook_call_packet_loss_ratio_sum{" + browser + "}"), 0.05);
  EXPECT_EQ(metrics.value("offhook_call_jitter_seconds_count{" + browser + "}"), 1);
  EXPECT_EQ(metrics.value("offhook_call_round_trip_seconds_sum{side=\"browser\"}"), 0.06);
  EXPECT_EQ(metrics.value("offhook_call_round_trip_seconds_count{side=\"trunk\"}"), 0);
}

TEST(MetricsTest, TellsWhatMediaCountedAndNothingWhileItIsNotThere) {
  control::EngineStatistics media;
  media.set_browser_legs(2);
  media.set_trunk_legs(3);
  media.set_bridges(1);
  media.mutable_browser()->set_packets_received(10);
  media.mutable_browser()->set_bytes_received(1'600);
  media.mutable_trunk()->set_packets_sent(20);
  media.mutable_trunk()->set_packets_lost(30);
  media.mutable_trunk()->set_packets_dropped(40);
  media.mutable_trunk()->mutable_rejected()->set_wrong_source(50);
  media.mutable_rejected_without_leg()->set_unknown_source(60);
  const Format metrics(metrics_text({}, {}, media, ProcessUsage::read()));
  EXPECT_EQ(metrics.value("offhook_media_process_legs{side=\"browser\"}"), 2);
  EXPECT_EQ(metrics.value("offhook_media_process_legs{side=\"trunk\"}"), 3);
  EXPECT_EQ(metrics.value("offhook_media_process_bridges"), 1);
  EXPECT_EQ(metrics.value("offhook_media_packets_total{side=\"browser\",direction=\"received\"}"),
            10);
  EXPECT_EQ(metrics.value("offhook_media_packets_total{side=\"trunk\",direction=\"sent\"}"), 20);
  EXPECT_EQ(
      metrics.value("offhook_media_payload_bytes_total{side=\"browser\",direction=\"received\"}"),
      1'600);
  EXPECT_EQ(metrics.value("offhook_media_packets_lost_total{side=\"trunk\"}"), 30);
  EXPECT_EQ(metrics.value("offhook_media_packets_dropped_total{side=\"trunk\"}"), 40);
  EXPECT_EQ(
      metrics.value("offhook_media_packets_rejected_total{side=\"trunk\",cause=\"wrong_source\"}"),
      50);
  EXPECT_EQ(
      metrics.value("offhook_media_packets_rejected_total{side=\"none\",cause=\"unknown_source\"}"),
      60);
  const std::string away = metrics_text({}, {}, std::nullopt, ProcessUsage::read());
  EXPECT_THAT(away, Not(HasSubstr("offhook_media_process")));
  EXPECT_THAT(away, Not(HasSubstr("offhook_media_packets")));
}

TEST(MetricsTest, TellsWhatTheProcessUses) {
  const ProcessUsage usage = ProcessUsage::read();
  EXPECT_GT(usage.resident_bytes, 1e6);
  EXPECT_GT(usage.virtual_bytes, usage.resident_bytes);
  EXPECT_GE(usage.processor_seconds, 0);
  EXPECT_LT(usage.processor_seconds, 3'600);
  EXPECT_GE(usage.open_descriptors, 3);
  EXPECT_LT(usage.open_descriptors, usage.most_descriptors);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(usage.start_time, now + 2);
  EXPECT_GT(usage.start_time, now - 3'600);
}

}  // namespace
}  // namespace offhook::app
