using MeetOperator.Contracts.SfuPools;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Hosting;

public sealed class OperatorOptionsReaderTests
{
    [Fact]
    public void Read_NoVariables_UsesDefaults()
    {
        var options = Read(out var errors);

        Assert.Empty(errors);
        Assert.Equal(("0.0.0.0:8081", "meet-system", "meet-control-ca", "meet-control-signaling"), (options!.Address, options.Namespace, options.Control.AuthoritySecret, options.Control.SignalingSecret));
    }

    [Fact]
    public void Read_AllVariables_UsesThem()
    {
        var options = Read(out _, ("MEET_PUBLIC_URL", "https://meet.example/"), ("MEET_OPERATOR_ADDRESS", "127.0.0.1:9"), ("MEET_MEDIA_NODE_IMAGE", "x:1"), ("POD_NAME", "op-1"), ("POD_NAMESPACE", "ns"));

        Assert.Equal(("https://meet.example/", "127.0.0.1:9", "x:1", "op-1", "ns"), (options!.PublicUrl, options.Address, options.MediaNodeImage, options.PodName, options.Namespace));
    }

    [Fact]
    public void Read_InvalidUrl_ReportsExpectedForm() => Expect("starts with http:// or https://", ("MEET_PUBLIC_URL", "meet.example"));

    [Fact]
    public void Read_InvalidAddress_ReportsExpectedForm() => Expect("such as 0.0.0.0:8081", ("MEET_OPERATOR_ADDRESS", "localhost"));

    [Fact]
    public void Read_NetworkPolicies_ParsesBoolean()
    {
        Assert.True(Read(out _, ("MEET_NETWORK_POLICIES", "true"))!.NetworkPolicies);
        Assert.True(Read(out _, ("MEET_EVICTION_PROTECTION", "true"))!.EvictionProtection);
        Assert.False(Read(out _)!.NetworkPolicies);
        Expect("MEET_NETWORK_POLICIES is \"yes\": set true or false", ("MEET_NETWORK_POLICIES", "yes"));
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("60", 60)]
    [InlineData(" ", 4)]
    public void Read_LeaseSeconds_ParsesNumber(string text, int expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), Read(out _, ("MEET_LEASE_SECONDS", text))!.LeaseDuration);

    [Theory]
    [InlineData("2")]
    [InlineData("61")]
    [InlineData("4s")]
    [InlineData("-4")]
    [InlineData("4.5")]
    public void Read_InvalidLeaseSeconds_ReportsRange(string text) =>
        Expect($"MEET_LEASE_SECONDS is \"{text}\": set a whole number from 3 to 60", ("MEET_LEASE_SECONDS", text));

    [Fact]
    public void Read_MetricsFrom_ParsesPeers()
    {
        var peers = Read(out _, ("MEET_METRICS_FROM", """[{"podSelector":{"matchLabels":{"app":"prometheus"}}},{"ipBlock":{"cidr":"192.0.2.0/24"}}]"""))!.MetricsFrom;

        Assert.Equal("prometheus", peers[0].PodSelector!.MatchLabels!["app"]);
        Assert.Equal("192.0.2.0/24", peers[1].IpBlock!.Cidr);
        Assert.Empty(Read(out _)!.MetricsFrom);
        Expect("MEET_METRICS_FROM is not a JSON list", ("MEET_METRICS_FROM", "prometheus"));
    }

    [Fact]
    public void Read_Tracing_PassesOnNoSecretsAndNoSampler()
    {
        var tracing = Read(out _, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"), ("OTEL_SERVICE_NAME", "mine"), ("OTEL_TRACES_SAMPLER_ARG", "0.5"), ("MEET_TRACING_TO", """[{"ipBlock":{"cidr":"192.0.2.0/24"}}]"""))!.Tracing;

        Assert.Equal([new KeyValuePair<string, string>("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")], tracing.Variables);
        Assert.Equal((4317, "192.0.2.0/24"), (tracing.Port, tracing.To[0].IpBlock!.Cidr));
        Assert.Null(Read(out _)!.Tracing.Port);
        Assert.Empty(Read(out _, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_SDK_DISABLED", "true"))!.Tracing.Variables);
        Expect("MEET_TRACING_TO is not a JSON list", ("MEET_TRACING_TO", "collector"));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL that starts with http:// or https://")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces", "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL that starts with http:// or https://")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:secret@collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT contains a user or a query")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is \"http/json\": set grpc or http/protobuf")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "OTEL_EXPORTER_OTLP_TIMEOUT is \"0\": set a number of milliseconds above 0")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret", "OTEL_EXPORTER_OTLP_HEADERS is not a comma-separated list of name=value")]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER is \"sometimes\": set one of always_on, always_off, traceidratio,")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "2", "OTEL_TRACES_SAMPLER_ARG is \"2\": set a number from 0 to 1")]
    public void Read_InvalidTracing_ReportsExpectedForm(string name, string value, string message)
    {
        var others = name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? [] : new[] { ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317") };
        Expect(message, [(name, value), .. others]);
    }

    [Fact]
    public void Read_PoolLimits_ParsesAndValidatesLists()
    {
        var limits = Read(out _, ("MEET_POOL_NAMESPACES", "meet-media, other"), ("MEET_POOL_EXPOSURES", "HostPort"), ("MEET_POOL_PRIORITY_CLASSES", "media, calls"), ("MEET_POOL_ANNOTATIONS", "prometheus.io/,example.com/team"), ("MEET_POOL_IMAGES", "registry.example/meet,registry.example:5000"))!.Pools;

        Assert.Equal(["meet-media", "other"], limits.Namespaces);
        Assert.Equal([ExposureType.HostPort], limits.Exposures);
        Assert.Equal(["media", "calls"], limits.PriorityClasses);
        Assert.Equal(["prometheus.io/", "example.com/team"], limits.Annotations);
        Assert.Equal(["registry.example/meet", "registry.example:5000"], limits.ImageRepositories);
        Assert.Equal(2, Read(out _)!.Pools.Exposures.Count);
        Expect("MEET_POOL_EXPOSURES contains \"NodePort\"", ("MEET_POOL_EXPOSURES", "HostPort,NodePort"));
        Expect("MEET_POOL_IMAGES contains \"registry.example/meet:1\"", ("MEET_POOL_IMAGES", "registry.example/meet:1"));
    }

    private void Expect(string text, params (string Name, string? Value)[] variables)
    {
        Assert.Null(Read(out var errors, variables));
        Assert.Contains(text, Assert.Single(errors), StringComparison.Ordinal);
    }

    private OperatorOptions? Read(out IReadOnlyList<string> errors, params (string Name, string? Value)[] variables)
    {
        var set = new Dictionary<string, string?>();
        foreach (var (name, value) in variables)
        {
            set[name] = value;
        }

        return OperatorOptionsReader.Read(name => set.GetValueOrDefault(name), out errors);
    }
}
