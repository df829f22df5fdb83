using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class SampleTests
{
    [Fact]
    public async Task Samples_AppliedInTenantNamespace_BecomeReady()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("default");
        const string Collections = "apis/meetoperator.io/v1alpha1";

        await ApplyAsync(cluster, $"{Collections}/tenants/acme", "tenant.yaml");
        await ApplyAsync(cluster, $"{Collections}/namespaces/meet-default/sfupools/spare", "sfupool.yaml");
        await ApplyAsync(cluster, $"{Collections}/namespaces/meet-default/meetings/standup", "meeting.yaml");
        await ApplyAsync(cluster, $"{Collections}/namespaces/meet-default/meetings/board", "encrypted-meeting.yaml");

        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("acme")).IsReady(), "the tenant is ready");
        foreach (var meeting in new[] { "standup", "board" })
        {
            await cluster.EventuallyAsync(
                async () => (await cluster.Client.GetAsync<Meeting>(new NamespacedName("meet-default", meeting), default)).IsReady(), $"the meeting {meeting} is ready");
        }

        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<SfuPool>(new NamespacedName("meet-default", "spare"), default)).IsReady(), "the pool is ready");
    }

    [Fact]
    public void Samples_Meeting_HasAtMostTwelveLines() => Assert.InRange(File.ReadAllLines(Sample("meeting.yaml")).Length, 1, 12);

    private static string Sample(string name) => Repository.PathOf("crds", "samples", name);

    private static async Task ApplyAsync(TestCluster cluster, string path, string sample)
    {
        using var http = cluster.CreateHttpClient();
        using var content = new StringContent(await File.ReadAllTextAsync(Sample(sample)), Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/apply-patch+yaml");
        using var response = await http.PatchAsync($"{path}?fieldManager=test", content);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
    }
}
