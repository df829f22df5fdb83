using System.Net;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Tests;

public sealed class LocalOptionsTests
{
    private static readonly string[] Good = ["--home", "/tmp/h", "--port", "8080", "--programs", "/tmp/p"];

    [Fact]
    public void Parse_NoEnvironment_ListensOnLoopbackAndAdvertisesHost()
    {
        var options = Parse(Good);
        Assert.Equal(("/tmp/h", 8080, "/tmp/p", "127.0.0.1"), (options.Home, options.Port, options.Programs, options.Listen));
        Assert.Equal(["127.0.0.1", "10.1.2.3"], options.AdvertisedAddresses);
    }

    [Fact]
    public void Parse_HostWithoutAddress_AdvertisesLoopbackOnly() =>
        Assert.Equal(["127.0.0.1"], LocalOptions.Parse(Good, new Dictionary<string, string>(), () => null).AdvertisedAddresses);

    [Fact]
    public void Parse_HostWithIPv6Loopback_AdvertisesItToo() =>
        Assert.Equal(["127.0.0.1", "::1"], LocalOptions.Parse(Good, new Dictionary<string, string>(), () => null, () => true).AdvertisedAddresses);

    [Fact]
    public void Parse_EnvironmentSet_OverridesDefaults()
    {
        var options = Parse(Good, ("MEET_LISTEN", "0.0.0.0"), ("MEET_ADVERTISE", "192.0.2.1, 2001:db8::1"), ("MEET_DIRECT_DELAY_SECONDS", "10"));
        Assert.Equal(("0.0.0.0", "10"), (options.Listen, options.DirectDelaySeconds));
        Assert.Equal(["192.0.2.1", "2001:db8::1"], options.AdvertisedAddresses);
    }

    [Fact]
    public void Parse_Tracing_PassesOnOpenTelemetryVariables()
    {
        var options = Parse(Good, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_SERVICE_NAME", "mine"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"), ("OTEL_TRACES_SAMPLER", ""), ("HOME", "/root"));

        Assert.Equal([new KeyValuePair<string, string>("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")], options.Tracing);
    }

    [Fact]
    public void Parse_InvalidTracing_ThrowsWithVariableName() =>
        Assert.StartsWith(
            "OTEL_EXPORTER_OTLP_PROTOCOL is \"http/json\": set grpc or http/protobuf; or unset",
            Assert.Throws<LocalException>(() => Parse(Good, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("--port", "80", "--port must be a number from 1024 to 65535, not '80'")]
    [InlineData("--port", "x", "--port must be a number from 1024 to 65535, not 'x'")]
    [InlineData("--what", "x", "unknown argument '--what'")]
    public void Parse_InvalidArgument_ThrowsWithFix(string name, string value, string message) =>
        Assert.Contains(message, Assert.Throws<LocalException>(() => Parse([.. Good, name, value])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("MEET_LISTEN", "localhost")]
    [InlineData("MEET_ADVERTISE", "10.0.0.1,nowhere")]
    [InlineData("MEET_DIRECT_DELAY_SECONDS", "-1")]
    public void Parse_InvalidValue_ThrowsWithVariableName(string variable, string value) =>
        Assert.StartsWith($"{variable}: '", Assert.Throws<LocalException>(() => Parse(Good, (variable, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_MissingArgumentOrValue_ThrowsWithName()
    {
        Assert.Equal("--programs is missing", Assert.Throws<LocalException>(() => Parse(Good[..4])).Message);
        Assert.Equal("--port requires a value", Assert.Throws<LocalException>(() => Parse(["--port"])).Message);
    }

    private static LocalOptions Parse(string[] arguments, params (string Name, string Value)[] environment) =>
        LocalOptions.Parse(arguments, environment.ToDictionary(e => e.Name, e => e.Value), () => IPAddress.Parse("10.1.2.3"));
}
