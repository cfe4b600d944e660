#include "app/call_record.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

std::string value_of(const LogFields& fields, const std::string& name) {
  const auto found = std::ranges::find(fields, name, [](const auto& field) { return field.first; });
  return found == fields.end() ? "(absent)" : found->second;
}

TEST(CallRecordTest, TellsWhoAndHowLong) {
  call::CallEnded call{};
  call.id = static_cast<call::CallId>(7);
  call.user = "demo";
  call.outcome = call::Outcome::Busy;
  call.failure = "busy";
  call.talking = std::chrono::milliseconds(1'500);
  const LogFields fields = record_fields(call);
  EXPECT_EQ(value_of(fields, "call"), "7");
  EXPECT_EQ(value_of(fields, "user"), "demo");
  EXPECT_EQ(value_of(fields, "outcome"), "busy");
  EXPECT_EQ(value_of(fields, "talking_ms"), "1500");
  EXPECT_EQ(value_of(fields, "browser_packets_sent"), "(absent)") << "there was no leg";
}

TEST(CallRecordTest, TellsWhoTheCallerWasTransferredTo) {
  call::CallEnded call{};
  EXPECT_EQ(value_of(record_fields(call), "transferred_to"), "(absent)");
  call.transferred_to = "2125550123";
  EXPECT_EQ(value_of(record_fields(call), "transferred_to"), "2125550123");
}

TEST(CallRecordTest, TellsHowEachLegFared) {
  call::CallEnded call{};
  control::LegStatistics& leg = call.browser_leg.statistics.emplace();
  leg.set_packets_received(100);
  leg.set_packets_sent(101);
  leg.set_packets_lost(2);
  leg.set_packets_dropped(3);
  leg.set_packets_rejected(4);
  leg.set_jitter_us(5);
  leg.set_far_packets_lost(6);
  leg.set_far_jitter_us(7);
  leg.set_round_trip_us(8);
  leg.set_mos_received(441);
  leg.set_mos_sent(309);
  leg.set_first_packet_after_us(9);
  const LogFields fields = record_fields(call);
  const std::pair<const char*, const char*> expected[] = {
      {"packets_received", "100"}, {"packets_sent", "101"},   {"packets_lost", "2"},
      {"packets_dropped", "3"},    {"packets_rejected", "4"}, {"jitter_us", "5"},
      {"far_packets_lost", "6"},   {"far_jitter_us", "7"},    {"round_trip_us", "8"},
      {"mos_received", "4.41"},    {"mos_sent", "3.09"},      {"first_packet_after_us", "9"}};
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(value_of(fields, std::string("browser_") + name), value) << name;
  }
}

TEST(CallRecordTest, WhatIsUnknownIsLeftOut) {
  call::CallEnded call{};
  call.trunk_leg.statistics.emplace().set_packets_sent(500);
  const LogFields fields = record_fields(call);
  EXPECT_EQ(value_of(fields, "trunk_packets_sent"), "500");
  EXPECT_EQ(value_of(fields, "trunk_packets_received"), "0");
  for (const char* name : {"jitter_us", "far_packets_lost", "far_jitter_us", "round_trip_us",
                           "mos_received", "mos_sent", "first_packet_after_us"}) {
    EXPECT_EQ(value_of(fields, std::string("trunk_") + name), "(absent)") << name;
  }
}

}  // namespace
}  // namespace offhook::app
