using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Schemas;

/// <summary>Schema validation: causes and fields of the errors.</summary>
public sealed class ValidationTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    public static readonly (string Spec, string Cause, string Message)[] Cases =
    [
        ("""{"size":"Huge"}""", "FieldValueNotSupported spec.size", "spec.size: Unsupported value: \"Huge\": supported values: \"Small\", \"Medium\", \"Large\""),
        ("""{}""", "FieldValueRequired spec.size", "spec.size: Required value"),
        ("""{"size":"Small","replicas":-1}""", "FieldValueInvalid spec.replicas", "spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0"),
        ("""{"size":"Small","replicas":501}""", "FieldValueInvalid spec.replicas", "spec.replicas: Invalid value: 501: spec.replicas in body should be less than or equal to 500"),
        ("""{"size":"Small","replicas":"two"}""", "FieldValueTypeInvalid spec.replicas", "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\""),
        ("""{"size":"Small","replicas":1.5}""", "FieldValueTypeInvalid spec.replicas", "spec.replicas: Invalid value: \"float64\": spec.replicas in body must be of type int32: \"float64\""),
        ("""{"size":"Small","step":1.5}""", "FieldValueTypeInvalid spec.step", "spec.step: Invalid value: \"number\": spec.step in body must be of type integer: \"number\""),
        ("""{"size":"Small","nested":{"inner":[]}}""", "FieldValueTypeInvalid spec.nested.inner", "spec.nested.inner: Invalid value: \"array\": spec.nested.inner in body must be of type object: \"array\""),
        ("""{"size":"Small","options":{"a":"12345678901"}}""", "FieldValueTooLong spec.options.a", "spec.options.a: Too long: may not be more than 10 bytes"),
        ("""{"size":"Small","enabled":"yes"}""", "FieldValueTypeInvalid spec.enabled", "spec.enabled: Invalid value: \"string\": spec.enabled in body must be of type boolean: \"string\""),
        ("""{"size":"Small","title":""}""", "FieldValueInvalid spec.title", "spec.title: Invalid value: \"\": spec.title in body should be at least 1 chars long"),
        ("""{"size":"Small","title":"abcdefghijklmnopqrstu"}""", "FieldValueTooLong spec.title", "spec.title: Too long: may not be more than 20 bytes"),
        ("""{"size":"Small","code":"A1"}""", "FieldValueInvalid spec.code", "spec.code: Invalid value: \"A1\": spec.code in body should match '^[a-z]+$'"),
        ("""{"size":"Small","ratio":1.5}""", "FieldValueInvalid spec.ratio", "spec.ratio: Invalid value: 1.5: spec.ratio in body should be less than or equal to 1"),
        ("""{"size":"Small","step":7}""", "FieldValueInvalid spec.step", "spec.step: Invalid value: 7: spec.step in body should be a multiple of 5"),
        ("""{"size":"Small","when":"tomorrow"}""", "FieldValueTypeInvalid spec.when", "spec.when: Invalid value: \"tomorrow\": spec.when in body must be of type date-time: \"tomorrow\""),
        ("""{"size":"Small","ports":[{"name":"a"},{"name":"b"},{"name":"a"}]}""", "FieldValueDuplicate spec.ports[2]", "spec.ports[2]: Duplicate value: {\"name\":\"a\"}"),
        ("""{"size":"Small","ports":[{"number":1}]}""", "FieldValueRequired spec.ports[0].name", "spec.ports[0].name: Required value"),
        ("""{"size":"Small","ports":[{"name":"a","number":0}]}""", "FieldValueInvalid spec.ports[0].number", "spec.ports[0].number: Invalid value: 0: spec.ports[0].number in body should be greater than or equal to 1"),
        ("""{"size":"Small","ports":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"},{"name":"e"}]}""", "FieldValueTooMany spec.ports", "spec.ports: Too many: 5: must have at most 4 items"),
        ("""{"size":"Small","tags":["x","y","x"]}""", "FieldValueDuplicate spec.tags[2]", "spec.tags[2]: Duplicate value: \"x\""),
        ("""{"size":"Small","steps":[]}""", "FieldValueInvalid spec.steps", "spec.steps: Invalid value: 0: spec.steps in body should have at least 1 items"),
        ("""{"size":"Small","steps":{"run":"x"}}""", "FieldValueTypeInvalid spec.steps", "spec.steps: Invalid value: \"object\": spec.steps in body must be of type array: \"object\""),
        ("""{"size":"Small","options":{"a":"1","b":"2","c":"3","d":"4"}}""", "FieldValueTooMany spec.options", "spec.options: Too many: 4: must have at most 3 items"),
        ("""{"size":"Small","options":{"a":1}}""", "FieldValueTypeInvalid spec.options.a", "spec.options.a: Invalid value: \"integer\": spec.options.a in body must be of type string: \"integer\""),
        ("""{"size":"Small","nested":{"inner":{"on":3}}}""", "FieldValueTypeInvalid spec.nested.inner.on", "spec.nested.inner.on: Invalid value: \"integer\": spec.nested.inner.on in body must be of type boolean: \"integer\""),
    ];

    public static IEnumerable<object[]> EveryServerAndCase =>
        from server in ServerNames.Available
        from index in Enumerable.Range(0, Cases.Length)
        select new object[] { server, index };

    [Theory]
    [MemberData(nameof(EveryServerAndCase))]
    public async Task Create_ViolatesSchema_IsRejectedWithCause(string server, int index)
    {
        var space = await SharedAsync(server);
        var (spec, cause, message) = Cases[index];
        var name = Space.NewName();

        var response = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(name, spec));

        Assert.Equal("Invalid", response.Reason);
        Assert.Equal("Widget", response["details.kind"]!.GetValue<string>());
        Assert.Equal("conformance.example.io", response["details.group"]!.GetValue<string>());
        Assert.Equal(name, response["details.name"]!.GetValue<string>());
        Assert.StartsWith($"Widget.conformance.example.io \"{name}\" is invalid: ", response.Message, StringComparison.Ordinal);
        if (server == ServerNames.Kubernetes120)
        {
            // 1.20 has fewer reasons, no indices and other messages; the embedded server follows the current version.
            var field = cause.Split(' ')[1].Split('[')[0];
            Assert.Contains(response.Causes, found => found.Contains(field, StringComparison.Ordinal));
            return;
        }

        Assert.Contains(cause, response.Causes);
        Assert.Contains(message, response.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithSeveralErrors_ReportsAll(string server)
    {
        var space = await SharedAsync(server);

        var response = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName(), """{"size":"Huge","replicas":-1,"code":"A"}"""));

        Assert.Superset(new HashSet<string> { "FieldValueInvalid spec.code", "FieldValueInvalid spec.replicas", "FieldValueNotSupported spec.size" }, response.Causes.ToHashSet());
        Assert.Contains(" is invalid: [", response.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Create_NoneOrBothOfOneOf_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        await space.CreateAsync(Space.NewName(), """{"size":"Small","choice":{"left":"x"}}""");
        var neither = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName(), """{"size":"Small","choice":{}}"""));
        var both = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName(), """{"size":"Small","choice":{"left":"x","right":"y"}}"""));

        // For oneOf errors, current servers return no field of their own; the message contains the name.
        if (server == ServerNames.Kubernetes120)
        {
            return;
        }

        Assert.Contains("\"spec.choice\" must validate one and only one schema (oneOf). Found none valid", neither.Message, StringComparison.Ordinal);
        Assert.Contains("FieldValueRequired spec.choice.left", neither.Causes);
        Assert.Contains("\"spec.choice\" must validate one and only one schema (oneOf). Found 2 valid alternatives", both.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Update_ViolatesSchema_KeepsObject(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var patch = await space.RejectedAsync(422, "PATCH", space.Path(name), """{"spec":{"replicas":1000}}""", Space.MergePatch);
        var put = await space.RejectedAsync(422, "PUT", space.Path(name), Space.Widget(name, """{"size":"Tiny"}""", $$"""{"resourceVersion":"{{created.Version}}"}"""));
        var status = await space.RejectedAsync(422, "PATCH", space.Path(name + "/status"), """{"status":{"phase":"Lost"}}""", Space.MergePatch);

        Assert.Contains("FieldValueInvalid spec.replicas", patch.Causes);
        Assert.Contains("FieldValueNotSupported spec.size", put.Causes);
        Assert.Contains("FieldValueNotSupported status.phase", status.Causes);
        Assert.Equal(created.Version, (await space.GetAsync(name)).Version);
    }

    [Theory]
    [EveryServer]
    public async Task IntOrString_OtherType_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        Task<ApiResponse> MakeAsync(string surge) => space.SendAsync("POST", Space.Group + "/v1/gadgets?dryRun=All", $$$"""{"apiVersion":"conformance.example.io/v1","kind":"Gadget","metadata":{"name":"x"},"spec":{"surge":{{{surge}}}}}""");

        Assert.Equal("\"25%\"", (await MakeAsync("\"25%\""))["spec.surge"].Json());
        Assert.Equal("3", (await MakeAsync("3"))["spec.surge"].Json());
        var neither = await MakeAsync("true");
        Assert.Equal(422, neither.Code);
        Assert.Contains(neither.Causes, cause => cause.EndsWith(" spec.surge", StringComparison.Ordinal));
    }

    [Theory]
    [EveryServer]
    public async Task Numbers_WithoutFraction_AreIntegers(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.CreateAsync(Space.NewName(), """{"size":"Small","step":5.0,"ratio":1}""");

        Assert.Equal(5, created["spec.step"]!.GetValue<double>());
    }

    [Theory]
    [EveryServer]
    public async Task Metadata_InvalidNameLabelOrOwner_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        var name = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget("No_Good"));
        var label = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"labels":{"a":"not a value"}}"""));
        var key = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"labels":{"-a":"x"}}"""));
        var owner = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"","uid":"1"}]}"""));
        var finalizer = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"finalizers":["example.io/-bad"]}"""));

        Assert.Contains("FieldValueInvalid metadata.name", name.Causes);
        Assert.Contains("FieldValueInvalid metadata.labels", label.Causes);
        Assert.Contains("FieldValueInvalid metadata.labels", key.Causes);
        Assert.Contains("FieldValueInvalid metadata.ownerReferences.name", owner.Causes.Select(c => c.Replace("[0]", string.Empty, StringComparison.Ordinal)));
        Assert.Equal(422, finalizer.Code);
        Assert.Contains(finalizer.Causes, c => c.Contains("metadata.finalizers", StringComparison.Ordinal));
    }
}
