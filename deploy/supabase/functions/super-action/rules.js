/* Generated from packages/core/src/provisioned by npm run generate. */
// packages/core/src/money/pico.ts
/** Pico-dollars in one US dollar. */
const PICO_PER_USD = 1000000000000n;
const FRACTION_DIGITS = 12;
/**
* Reads an exact decimal string of US dollars, such as `"0.50"` or `"-12"`.
* Returns undefined for anything else: exponents, signs other than a leading minus, blanks, or more
* than twelve digits after the point (they could not be kept).
*/
function parseUsd(text) {
	const match = /^(-?)(\d{1,30})(?:\.(\d{1,12}))?$/.exec(text);
	if (match === null) return void 0;
	const [, sign, whole = "0", fraction = ""] = match;
	const pico = BigInt(whole) * PICO_PER_USD + BigInt(fraction.padEnd(FRACTION_DIGITS, "0"));
	return sign === "-" ? -pico : pico;
}
/**
* Prints pico-dollars as an exact decimal string of US dollars: no exponent, no grouping and no
* trailing zeros, so equal amounts print equally. `parseUsd(formatUsd(x)) === x` for every x.
*/
function formatUsd(pico) {
	const negative = pico < 0n;
	const digits = (negative ? -pico : pico).toString().padStart(13, "0");
	const whole = digits.slice(0, -12);
	let end = digits.length;
	while (end > whole.length && digits.charCodeAt(end - 1) === 48) end--;
	const fraction = digits.slice(whole.length, end);
	return (negative ? "-" : "") + (fraction === "" ? whole : `${whole}.${fraction}`);
}
// packages/core/src/provisioned/refusal.ts
/**
* How provisioned throughput is refused: in AWS's own names where AWS has one, so that callers of
* AWS's API know them, with words that say what is wrong and what to do.
*/
/** Names of refusals that are decided here, with the status that each travels with. */
const REFUSALS = {
	ValidationException: 400,
	TooManyTagsException: 400,
	AccessDeniedException: 403,
	ResourceNotFoundException: 404,
	/** A client token that was used for something else. */
	ConflictException: 409,
	/** A commitment that nobody has confirmed yet. */
	ConfirmationRequired: 409,
	ServiceUnavailableException: 503
};
function done(value) {
	return {
		kind: "done",
		value
	};
}
function refuse(code, message, details = {}) {
	return {
		kind: "refused",
		status: REFUSALS[code],
		code,
		message,
		details
	};
}
/** For what a caller has stated wrongly. */
function invalid(message) {
	return refuse("ValidationException", message);
}
/** For what does not exist, or is somebody else's: the two look the same. */
function missing(what) {
	return refuse("ResourceNotFoundException", `${what} does not exist, or is not yours.`);
}
// packages/core/src/provisioned/stated.ts
/**
* Reads what a caller has stated, member by member, and keeps the first thing that is wrong with
* it. A member that nothing has asked for is a problem too: money must not hang on a misspelt name.
*/
var Stated = class {
	#members;
	#asked = /* @__PURE__ */ new Set();
	#problem;
	constructor(data) {
		const members = data ?? {};
		if (isRecord(members)) this.#members = members;
		else {
			this.#members = {};
			this.#problem = invalid("data must be an object.");
		}
	}
	/** The first thing that was wrong; ask after all members have been read. */
	get problem() {
		if (this.#problem !== void 0) return this.#problem;
		const unknown = Object.keys(this.#members).find((name) => !this.#asked.has(name));
		if (unknown === void 0) return void 0;
		const known = [...this.#asked].join(", ");
		return invalid(`data.${unknown.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 60)} is not known here. Known are: ${known === "" ? "none" : known}.`);
	}
	/** Text under the first of these names that is there; empty counts as not there. */
	text(...names) {
		const [name, value] = this.#first(names);
		if (value === void 0 || value === "") return void 0;
		if (isText(value)) return value;
		return this.#wrong(name, "must be text");
	}
	/** As `text`, of a member that must be there. */
	needed(...names) {
		const text = this.text(...names);
		if (text === void 0) this.#wrong(names[0] ?? "", "is missing");
		return text ?? "";
	}
	/** A whole number within bounds. */
	whole(name, min, max) {
		const [, value] = this.#first([name]);
		if (value === void 0) return void 0;
		if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
		return this.#wrong(name, `must be a whole number from ${min} to ${max}`);
	}
	yes(name) {
		const [, value] = this.#first([name]);
		if (value === void 0 || typeof value === "boolean") return value === true;
		this.#wrong(name, "must be true or false");
		return false;
	}
	texts(name) {
		const [, value] = this.#first([name]);
		if (value === void 0) return void 0;
		if (Array.isArray(value)) {
			const items = value;
			if (items.every(isText)) return items;
		}
		return this.#wrong(name, "must be a list of texts");
	}
	object(name) {
		const [, value] = this.#first([name]);
		if (value === void 0 || isRecord(value)) return value;
		return this.#wrong(name, "must be an object");
	}
	/** Tags, as an object of name to value or as AWS lists them. */
	tags(name) {
		const [, value] = this.#first([name]);
		if (value === void 0) return void 0;
		const pairs = Array.isArray(value) ? listed(value) : isRecord(value) ? Object.entries(value) : [];
		const good = pairs?.every((pair) => isText(pair[1]));
		if (!(typeof value === "object") || pairs === void 0 || good !== true) return this.#wrong(name, "must be an object of texts by name, {\"project\": \"one\"}");
		if (new Set(pairs.map(([tag]) => tag)).size < pairs.length) return this.#wrong(name, "has a name twice");
		return Object.fromEntries(pairs);
	}
	#first(names) {
		for (const name of names) this.#asked.add(name);
		const [first = names[0] ?? "", second] = names.filter((name) => this.#value(name) !== void 0);
		if (second !== void 0) this.#wrong(second, `says the same as ${first}: state one of them`);
		return [first, this.#value(first)];
	}
	/** A member that is null counts as left out. */
	#value(name) {
		return Object.hasOwn(this.#members, name) ? this.#members[name] ?? void 0 : void 0;
	}
	#wrong(name, problem) {
		this.#problem ??= invalid(`data.${name} ${problem}.`);
	}
};
function listed(items) {
	const pairs = items.map((item) => isRecord(item) && typeof item["key"] === "string" ? [item["key"], item["value"]] : void 0);
	return pairs.every((pair) => pair !== void 0) ? pairs : void 0;
}
/** Half of a character (a lone surrogate) is no text: it cannot be sent anywhere. */
function isText(value) {
	return typeof value === "string" && value.isWellFormed();
}
function isRecord(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// packages/core/src/provisioned/aws-answer.ts
/** The JSON of a good answer, or the refusal that the answer is. */
async function ask({ call, rules }, asked) {
	return meaningOf(asked.action, rules.region, await call(asked));
}
/** Whether AWS has said that it did not do what was asked. */
function isDefinite(refusal) {
	return refusal.status < 500 && refusal.status !== 429;
}
function meaningOf(action, region, answer) {
	if (answer.kind === "unavailable") return refuse("ServiceUnavailableException", `Amazon Bedrock in ${region} did not answer to ${action} (${answer.reason}). It may have been carried out all the same; repeating it with the same clientRequestToken is safe.`, { reason: answer.reason });
	const { status, body, error } = answer;
	const content = isRecord(body) ? body : {};
	if (status >= 200 && status < 300) return done(content);
	const stated = content["message"] ?? content["Message"];
	const said = typeof stated === "string" ? stated.slice(0, 1e3) : "";
	const isTaken = /already exists/i.test(said);
	const code = error ?? (status >= 500 ? "ServiceUnavailableException" : "ValidationException");
	return {
		kind: "refused",
		status: status === 401 ? 403 : status >= 400 && status < 600 ? status : 502,
		code,
		message: [said, isTaken ? "" : hintOf(action, region, code, status)].filter((part) => part !== "").join(" "),
		details: {
			aws_error: code,
			aws_status: status
		}
	};
}
function hintOf(action, region, code, status) {
	if (code === "AccessDeniedException" || status === 403 || status === 401) return `AWS denied bedrock:${action} to the identity that calls it in ${region}. Add that permission to its policy: deploy/iam has the policies that are needed.`;
	if (code === "ServiceQuotaExceededException") return "Quotas of model units begin at zero: ask AWS for some (Service Quotas, Amazon Bedrock, \"model units\") before buying.";
	if ((action === "CreateProvisionedModelThroughput" || action === "GetFoundationModel") && (code === "ValidationException" || code === "ResourceNotFoundException")) return `Not every model is offered in ${region}, nor with provisioned throughput: ListFoundationModels with byInferenceType PROVISIONED lists those that are.`;
	if (action === "DeleteProvisionedModelThroughput" && code === "ConflictException") return "A commitment is paid to its end: it cannot be deleted before.";
	return status === 429 ? "AWS asks to be called less often." : "";
}
/** The tags that AWS lists. Members that are no tags are left out. */
function tagsIn(answer) {
	const listed = Array.isArray(answer["tags"]) ? answer["tags"] : [];
	return Object.fromEntries(listed.flatMap((tag) => isRecord(tag) && typeof tag["key"] === "string" && typeof tag["value"] === "string" ? [[tag["key"], tag["value"]]] : []));
}
/** A list of objects under a name; empty when there is none. */
function listIn(answer, name) {
	return (Array.isArray(answer[name]) ? answer[name] : []).filter(isRecord);
}
// packages/core/src/provisioned/control-call.ts
/**
* Every call of Bedrock's control plane that can be made here: the IAM action that it needs is its
* name behind `bedrock:`. What is not in this table is not called.
*/
/** Method and path by name; `{id}` is filled in. */
const CONTROL_ACTIONS = {
	ListFoundationModels: {
		method: "GET",
		path: "/foundation-models"
	},
	GetFoundationModel: {
		method: "GET",
		path: "/foundation-models/{id}"
	},
	CreateProvisionedModelThroughput: {
		method: "POST",
		path: "/provisioned-model-throughput"
	},
	GetProvisionedModelThroughput: {
		method: "GET",
		path: "/provisioned-model-throughput/{id}"
	},
	ListProvisionedModelThroughputs: {
		method: "GET",
		path: "/provisioned-model-throughputs"
	},
	DeleteProvisionedModelThroughput: {
		method: "DELETE",
		path: "/provisioned-model-throughput/{id}"
	},
	TagResource: {
		method: "POST",
		path: "/tagResource"
	},
	UntagResource: {
		method: "POST",
		path: "/untagResource"
	},
	ListTagsForResource: {
		method: "POST",
		path: "/listTagsForResource"
	},
	CreateInferenceProfile: {
		method: "POST",
		path: "/inference-profiles"
	},
	GetInferenceProfile: {
		method: "GET",
		path: "/inference-profiles/{id}"
	},
	ListInferenceProfiles: {
		method: "GET",
		path: "/inference-profiles"
	},
	DeleteInferenceProfile: {
		method: "DELETE",
		path: "/inference-profiles/{id}"
	}
};
/** The call of an action. */
function controlCall(action, { id, query, body } = {}) {
	const { method, path } = CONTROL_ACTIONS[action];
	const filled = path.replace("{id}", encoded(id ?? ""));
	const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => value === void 0 ? [] : [[name, String(value)]]).toSorted(([left], [right]) => left < right ? -1 : 1).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
	return {
		action,
		method,
		path: pairs.length === 0 ? filled : `${filled}?${pairs.join("&")}`,
		body: body === void 0 ? null : JSON.stringify(body)
	};
}
/** RFC 3986: all but the unreserved characters, as AWS SDKs do it. */
function encoded(text) {
	return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
const CLIENT_TOKEN_LENGTH_MAX = 256;
const PROVISIONED_NAME = /^(?:[0-9a-zA-Z][_-]?)+$/;
const PROFILE_NAME = /^(?:[0-9a-zA-Z][ _-]?)+$/;
const CLIENT_TOKEN = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9])*$/;
/** Names that AWS gives models and profiles of models. */
const MODEL = /^[a-zA-Z0-9][a-zA-Z0-9._:/-]{0,2047}$/;
const ARN = /^arn:aws[a-z-]{0,20}:bedrock:([a-z0-9-]{1,20}):([0-9]{12})?:([a-z-]+)\/(.+)$/;
const MADE_IDS = {
	"provisioned-model": /^[a-z0-9]{12}$/,
	"application-inference-profile": /^[a-z0-9]{1,64}$/
};
/** Undefined: not an ARN of Bedrock. */
function parseBedrockArn(text) {
	if (text.length > 2048) return void 0;
	const match = ARN.exec(text);
	if (match === null) return void 0;
	const [, region = "", account, resource = "", id = ""] = match;
	return {
		region,
		account: account ?? null,
		resource,
		id
	};
}
/** What kind of resource that is made here an ARN names; undefined: none. */
function madeResourceOf(arn) {
	const parsed = parseBedrockArn(arn);
	if (parsed === void 0 || parsed.account === null) return void 0;
	const { resource, id } = parsed;
	if (resource !== "provisioned-model" && resource !== "application-inference-profile") return;
	return MADE_IDS[resource].test(id) ? resource : void 0;
}
/** Why AWS would refuse the name; undefined: it would not. */
function nameProblem(kind, name) {
	const isModel = kind === "provisioned-model";
	const member = isModel ? "provisionedModelName" : "inferenceProfileName";
	const max = isModel ? 63 : 64;
	if (name.length === 0 || name.length > max) return invalid(`${member} must have 1 to ${max} characters; this one has ${name.length}.`);
	if ((isModel ? PROVISIONED_NAME : PROFILE_NAME).test(name)) return void 0;
	return invalid(`${member} must be letters, digits and single ${isModel ? "dashes and underscores" : "spaces, dashes and underscores"} between them: none at the start, and no two in a row.`);
}
/** Why AWS would refuse the token of a request; undefined: it would not. */
function clientTokenProblem(token) {
	if (token.length <= CLIENT_TOKEN_LENGTH_MAX && CLIENT_TOKEN.test(token)) return void 0;
	return invalid("clientRequestToken must be 1 to 256 letters and digits, with dashes between them only.");
}
/** Why this can be no model id; undefined: it can. */
function modelProblem(member, modelId) {
	if (MODEL.test(modelId)) return void 0;
	return invalid(`${member} must be a model id, such as anthropic.claude-3-sonnet-20240229-v1:0, or an ARN.`);
}
/**
* Whether a model is one that AWS offers to everybody, by its id (which has a provider before a
* dot) or its ARN. What else can be named so belongs to an account, and to somebody there.
*/
function isOfferedByAws(modelId) {
	if (!modelId.startsWith("arn:")) return modelId.includes(".");
	const arn = parseBedrockArn(modelId);
	return arn?.account === null && arn.resource === "foundation-model";
}
/** The name of what nobody has named: prefix and time, in milliseconds since the epoch. */
function defaultName(prefix, at) {
	return `${prefix}-pmt-${at}`;
}
// packages/core/src/provisioned/ownership.ts
/** Whether an actor sees what belongs to an owner; undefined: nobody knows whose it is. */
function sees(actor, owner) {
	if (actor.seesAll || actor.administers === "everything") return true;
	return owner !== void 0 && actor.orgId !== null && actor.orgId === owner.orgId;
}
/** Whether an actor may delete and tag it, if it is permitted to do so at all. */
function manages(actor, owner) {
	if (actor.administers === "everything") return true;
	if (owner === void 0 || !sees(actor, owner)) return false;
	if (actor.administers === "organization") return true;
	return actor.userId !== null && actor.userId === owner.userId && actor.issuerId === owner.issuerId;
}
// packages/core/src/provisioned/find.ts
/** From what a caller calls a resource to its ARN, if the caller may do with it what is asked. */
const WORDS = {
	"provisioned-model": "The provisioned throughput",
	"application-inference-profile": "The inference profile"
};
/** The ARN of what a caller may see. `called`: an ARN, an id, or a name. */
async function findSeen(world, actor, kind, called) {
	const found = await arnOf(world, kind, called);
	if (found.kind === "refused") return found.status === 404 ? missing(WORDS[kind]) : found;
	return sees(actor, await world.registry.ownerOf(found.value)) ? found : missing(WORDS[kind]);
}
/** The ARN of what a caller may delete and tag. */
async function findManaged(world, actor, kind, called) {
	const found = await findSeen(world, actor, kind, called);
	if (found.kind === "refused") return found;
	return await managedProblem(world, actor, found.value) ?? found;
}
/** For a resource that is named by its ARN alone. */
async function resourceProblem(world, actor, arn, how) {
	const kind = madeResourceOf(arn);
	if (kind === void 0) return invalid("resourceARN must be the ARN of provisioned throughput or of an application inference profile: nothing else is tagged here.");
	const found = await (how === "see" ? findSeen : findManaged)(world, actor, kind, arn);
	return found.kind === "refused" ? found : void 0;
}
async function managedProblem(world, actor, arn) {
	if (manages(actor, await world.registry.ownerOf(arn))) return void 0;
	return refuse("AccessDeniedException", "This was made by somebody else: only its owner or an administrator deletes or tags it.");
}
async function arnOf(world, kind, called) {
	const { region } = world.rules;
	const parsed = parseBedrockArn(called);
	if (parsed !== void 0) {
		if (madeResourceOf(called) !== kind) return missing(WORDS[kind]);
		if (parsed.region === region) return done(called);
		return invalid(`The ARN is of the region ${parsed.region}; this serves ${region}.`);
	}
	const isModel = kind === "provisioned-model";
	const problem = nameProblem(kind, called);
	if (problem !== void 0) return problem;
	const known = await world.registry.arnWithId(kind, called);
	if (known !== void 0) return done(known);
	const answer = await ask(world, controlCall(isModel ? "GetProvisionedModelThroughput" : "GetInferenceProfile", { id: called }));
	if (answer.kind === "refused") return answer;
	const arn = answer.value[isModel ? "provisionedModelArn" : "inferenceProfileArn"];
	return typeof arn === "string" && madeResourceOf(arn) === kind ? done(arn) : missing(WORDS[kind]);
}
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;
/** AWS's letters for both: its `\s` is that of ASCII. */
const LETTERS = /^[a-zA-Z0-9 \t\n\v\f\r._:/=+@-]*$/;
const LETTERS_IN_WORDS = "letters, digits, white space and . _ : / = + @ -";
/** The names that are ours. */
const RESERVED_TAGS = [
	"CreatedBy",
	"CreatedAt",
	"Source",
	"userId"
];
function isReservedTag(name) {
	return RESERVED_TAGS.some((reserved) => reserved === name.trim());
}
/** Our tags. */
function makerTags({ createdBy, source, at, userId }) {
	return {
		CreatedBy: createdBy,
		CreatedAt: new Date(at).toISOString(),
		Source: source,
		...userId === null ? {} : { userId: userTag(userId) }
	};
}
/**
* A subject as the value of a tag. What AWS allows in no tag (such as the bar of `auth0|123`) is
* written as `=` and two hexadecimal digits a byte, and so is `=` itself: no two subjects share
* one.
*/
function userTag(subject) {
	return Array.from(subject, (char) => LETTERS.test(char) && char !== "=" ? char : escaped(char)).join("");
}
function escaped(char) {
	return encodeURIComponent(char).replace(/[!'()*~]/g, (plain) => `%${plain.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll("%", "=");
}
/** Why these cannot be a caller's tags; undefined: they can. */
function tagsProblem(tags) {
	for (const [name, value] of Object.entries(tags)) {
		const problem = tagNameProblem(name) ?? tagValueProblem(name, value);
		if (problem !== void 0) return problem;
	}
	return tooMany(tags);
}
/** Why these cannot be all tags of one resource: there are too many. */
function tooMany(all) {
	const count = Object.keys(all).length;
	if (count <= 50) return void 0;
	return refuse("TooManyTagsException", `A resource has at most 50 tags; with ${RESERVED_TAGS.join(", ")} these would be ${count}. Nothing was sent to AWS.`, {
		tags: count,
		tags_max: 50
	});
}
/** Why a caller cannot set or remove a tag of this name; undefined: it can. */
function tagNameProblem(name) {
	const shown = shortened(name);
	if (isReservedTag(name)) return invalid(`The tag ${name} says who made the resource: it is set here and never changes.`);
	if (/^aws:/i.test(name)) return invalid(`The tag ${shown} begins with aws:, which AWS keeps for itself.`);
	if (name.length === 0 || name.length > KEY_LENGTH_MAX) return invalid(`The name of a tag must have 1 to ${KEY_LENGTH_MAX} characters; ${shown} has ${name.length}.`);
	if (LETTERS.test(name)) return void 0;
	return invalid(`The name of a tag may hold ${LETTERS_IN_WORDS}; ${shown} holds something else.`);
}
function tagValueProblem(name, value) {
	const shown = shortened(name);
	if (value.length > VALUE_LENGTH_MAX) return invalid(`The value of a tag must have at most ${VALUE_LENGTH_MAX} characters; that of ${shown} has ${value.length}.`);
	if (LETTERS.test(value)) return void 0;
	return invalid(`The value of a tag may hold ${LETTERS_IN_WORDS}; that of ${shown} holds something else.`);
}
/** A name as a message may repeat it. */
function shortened(name) {
	const plain = name.replaceAll(/[^\x20-\x7e]/g, "?");
	return plain.length <= 40 ? `"${plain}"` : `"${plain.slice(0, 40)}..."`;
}
/** As AWS takes them, in order of name so that the same tags are the same bytes. */
function tagList(tags) {
	return Object.entries(tags).map(([key, value]) => ({
		key,
		value
	})).toSorted((left, right) => left.key < right.key ? -1 : 1);
}
function matchesTags(tags, { tags: wanted, names }) {
	return Object.entries(wanted).every(([name, value]) => tags[name] === value) && names.every((name) => Object.hasOwn(tags, name));
}
// packages/core/src/provisioned/make.ts
/** How something is made once and remembered: the way of every purchase. */
/** What whoever may not make, delete or tag is told. */
function permissionProblem(actor) {
	if (actor.permitted) return void 0;
	return refuse("AccessDeniedException", "You may not make, delete or tag anything here. It takes the permission provisioned_throughput, which nobody has unless the operator gives it.", { permission: "provisioned_throughput" });
}
/** A caller's tags with ours; ours win, and theirs must be theirs. */
function allTags({ rules, now }, actor, custom) {
	const problem = tagsProblem(custom);
	if (problem !== void 0) return problem;
	const { createdBy, source } = rules;
	const maker = makerTags({
		createdBy,
		source,
		at: now(),
		userId: actor.userId
	});
	if ((maker["userId"] ?? "").length > 256) return invalid("Your user id is too long for a tag, so nothing can be made in your name.");
	const all = {
		...custom,
		...maker
	};
	return tooMany(all) ?? done(all);
}
const CREATES = {
	"provisioned-model": {
		action: "CreateProvisionedModelThroughput",
		arn: "provisionedModelArn"
	},
	"application-inference-profile": {
		action: "CreateInferenceProfile",
		arn: "inferenceProfileArn"
	}
};
/**
* Asks AWS to make it, unless that was done under this token before. A repetition sends what was
* sent the first time, so that AWS takes it for the same; what AWS refuses is forgotten.
*/
async function make(world, making) {
	const { action, arn: member } = CREATES[making.resource];
	const clientRequestToken = await world.sum(JSON.stringify([making.owner, making.token]));
	const request = {
		...making.request,
		clientRequestToken
	};
	const begun = await world.registry.begin({
		...making,
		request
	});
	if (begun.kind === "other") return refuse("ConflictException", "This clientRequestToken was used to ask for something else. Use another one.");
	if (begun.kind === "made") return done({
		arn: begun.arn,
		answer: { [member]: begun.arn }
	});
	const answer = await ask(world, controlCall(action, { body: begun.request }));
	if (answer.kind === "refused") {
		if (isDefinite(answer)) await world.registry.refused(making);
		return {
			...answer,
			details: {
				...answer.details,
				clientRequestToken: making.token
			}
		};
	}
	const arn = answer.value[member];
	if (typeof arn !== "string" || madeResourceOf(arn) !== making.resource) return refuse("ServiceUnavailableException", `AWS answered to ${action} without an ARN.`, { clientRequestToken: making.token });
	await world.registry.made(making, arn);
	return done({
		arn,
		answer: answer.value
	});
}
/** Whose what an actor makes is. */
function ownerFor({ orgId, issuerId, userId }) {
	return {
		orgId,
		issuerId,
		userId
	};
}
/** Tags as a request to AWS carries them. */
function tagMember(tags) {
	return { tags: tagList(tags) };
}
// packages/core/src/provisioned/resource-tags.ts
/** Tags of what was made: listed, added, removed; never ours. */
const ARN_NAMES = ["resourceARN", "resourceArn"];
async function listTags(world, actor, data) {
	const stated = new Stated(data);
	const resourceARN = stated.needed(...ARN_NAMES);
	const problem = stated.problem ?? await resourceProblem(world, actor, resourceARN, "see");
	if (problem !== void 0) return problem;
	return ask(world, controlCall("ListTagsForResource", { body: { resourceARN } }));
}
/** Adds tags, or gives those that are there another value. */
async function tagResource(world, actor, data) {
	const stated = new Stated(data);
	const resourceARN = stated.needed(...ARN_NAMES);
	const tags = stated.tags("tags") ?? {};
	const dryRun = stated.yes("dryRun");
	const problem = stated.problem ?? permissionProblem(actor) ?? (Object.keys(tags).length === 0 ? invalid("data.tags is missing or empty.") : void 0) ?? tagsProblem(tags) ?? await resourceProblem(world, actor, resourceARN, "manage");
	if (problem !== void 0) return problem;
	const present = await tagsOf(world, resourceARN);
	if (present.kind === "refused") return present;
	const full = tooMany({
		...present.value,
		...tags
	});
	if (full !== void 0) return full;
	if (dryRun) return done({
		dryRun: true,
		resourceARN,
		tags: tagList(tags)
	});
	const answer = await ask(world, controlCall("TagResource", { body: {
		resourceARN,
		tags: tagList(tags)
	} }));
	if (answer.kind === "done") await world.registry.tagged(resourceARN, {
		tags,
		removed: []
	});
	return answer;
}
async function untagResource(world, actor, data) {
	const stated = new Stated(data);
	const resourceARN = stated.needed(...ARN_NAMES);
	const tagKeys = stated.texts("tagKeys") ?? [];
	const dryRun = stated.yes("dryRun");
	const problem = stated.problem ?? permissionProblem(actor) ?? (tagKeys.length === 0 ? invalid("data.tagKeys is missing or empty.") : void 0) ?? tagKeys.map(tagNameProblem).find((each) => each !== void 0) ?? await resourceProblem(world, actor, resourceARN, "manage");
	if (problem !== void 0) return problem;
	const body = {
		resourceARN,
		tagKeys
	};
	if (dryRun) return done({
		dryRun: true,
		...body
	});
	const answer = await ask(world, controlCall("UntagResource", { body }));
	if (answer.kind === "done") await world.registry.tagged(resourceARN, {
		tags: {},
		removed: tagKeys
	});
	return answer;
}
/** The tags of a resource as AWS has them now. */
async function tagsOf(world, resourceARN) {
	const answer = await ask(world, controlCall("ListTagsForResource", { body: { resourceARN } }));
	return answer.kind === "refused" ? answer : done(tagsIn(answer.value));
}
// packages/core/src/provisioned/commitment.ts
/**
* Commitments: how long, what they come to, and that somebody has seen it. A confirmation token is
* the sum of everything that is bought under a secret of ours, with the moment it ends: it is good
* for that very purchase at that very price and for nothing else.
*/
const SPELLINGS = {
	OneMonth: "OneMonth",
	ONE_MONTH: "OneMonth",
	SixMonths: "SixMonths",
	SIX_MONTHS: "SixMonths"
};
const MONTHS = {
	OneMonth: 1,
	SixMonths: 6
};
const HOUR_MS = 36e5;
/** Reads how a caller spells it. */
function parseCommitment(text) {
	return (Object.hasOwn(SPELLINGS, text) ? SPELLINGS[text] : void 0) ?? invalid("commitmentDuration must be ONE_MONTH or SIX_MONTHS (or OneMonth, SixMonths); leave it out to commit to nothing.");
}
/** When a commitment that begins at `from` ends: the same day and time, months later, in UTC. */
function commitmentEnd(from, commitment) {
	const start = new Date(from);
	const end = new Date(from);
	end.setUTCDate(1);
	end.setUTCMonth(start.getUTCMonth() + MONTHS[commitment]);
	const days = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
	end.setUTCDate(Math.min(start.getUTCDate(), days));
	return end.getTime();
}
function commitmentPrice(from, commitment, modelUnits, unitHour) {
	const hours = Math.round((commitmentEnd(from, commitment) - from) / HOUR_MS);
	return {
		model_units: modelUnits,
		hours,
		unit_hour_usd: unitHour === null ? null : formatUsd(unitHour),
		total_usd: unitHour === null ? null : formatUsd(unitHour * BigInt(modelUnits) * BigInt(hours))
	};
}
const TOKEN = /^(\d{13,15})\.([0-9a-f]{64})$/;
async function confirmationToken({ sum }, bought, expiresAt) {
	return `${expiresAt}.${await sum(`${expiresAt}\n${bought}`)}`;
}
/** What is wrong with a confirmation; undefined: it confirms what is `bought`, now. */
async function confirmationProblem(sealing, bought, given, now) {
	const [, until = "", sum = ""] = TOKEN.exec(given) ?? [];
	if (until === "") return "The confirmation is not one that was given here.";
	if (!sameText(await sealing.sum(`${until}\n${bought}`), sum)) return "The confirmation is for another purchase, or another price.";
	return Number(until) > now ? void 0 : "The confirmation has expired.";
}
/** The sum of a token that was checked: what names this one confirmed purchase. */
function confirmedSum(token) {
	return TOKEN.exec(token)?.[2] ?? "";
}
/** Takes as long whatever differs. */
function sameText(left, right) {
	let different = left.length ^ right.length;
	for (let i = 0; i < left.length; i++) different |= left.charCodeAt(i) ^ right.charCodeAt(i);
	return different === 0;
}
// packages/core/src/provisioned/listing.ts
/**
* Lists with their tags, so that people find who made what. AWS lists by page and knows no tags
* there: what a caller does not see, or has not looked for, is left out of the page, so a page may
* be shorter than asked for and still not be the last.
*/
/** Calls to AWS that run at a time. */
const CALLS_MAX = 8;
/** What a caller looks for: `userId`, `tags` by value, `tagKeys` that are there. */
function filterOf(stated) {
	const userId = stated.text("userId");
	const tags = stated.tags("tags") ?? {};
	return {
		tags: userId === void 0 ? tags : {
			...tags,
			userId: userTag(userId)
		},
		names: stated.texts("tagKeys") ?? []
	};
}
/** The page without what the actor does not see or look for, each item with its tags. */
async function taggedPage(world, actor, page, members, filter) {
	const kept = await eachBounded(listIn(page, members.list), async (item) => {
		const arn = item[members.arn];
		if (typeof arn !== "string") return void 0;
		if (!sees(actor, void 0) && !sees(actor, await world.registry.ownerOf(arn))) return void 0;
		const tags = await tagsOf(world, arn);
		if (tags.kind === "refused") return tags.status === 404 ? void 0 : tags;
		return matchesTags(tags.value, filter) ? {
			...item,
			tags: tags.value
		} : void 0;
	});
	const refusal = kept.find(isRefusal);
	if (refusal !== void 0) return refusal;
	return done({
		...page,
		[members.list]: kept.filter((item) => item !== void 0)
	});
}
function isRefusal(item) {
	return item !== void 0 && item["kind"] === "refused";
}
/** As many at a time as is bearable, in order. */
async function eachBounded(items, work) {
	const results = [];
	for (let start = 0; start < items.length; start += CALLS_MAX) results.push(...await Promise.all(items.slice(start, start + CALLS_MAX).map(work)));
	return results;
}
// packages/core/src/provisioned/throughput.ts
/** Provisioned throughput: bought, listed, read and deleted. */
/** Model units of one purchase at most: AWS counts them in 32 bits. */
const MODEL_UNITS_MAX = 2147483647;
const ID_NAMES = [
	"provisionedModelId",
	"provisionedModelArn",
	"provisionedModelName"
];
/**
* Buys. Nothing is sent to AWS unless the actor may, names and tags are good, and a commitment is
* confirmed.
*/
async function createThroughput(world, actor, data) {
	const wished = wishOf(data);
	if (wished.kind === "refused") return wished;
	const wish = wished.value;
	const denied = permissionProblem(actor);
	if (denied !== void 0) return denied;
	const withheld = await withheldProblem(world, actor, wish.modelId);
	if (withheld !== void 0) return withheld;
	const tags = allTags(world, actor, wish.tags);
	if (tags.kind === "refused") return tags;
	const name = wish.name ?? defaultName(world.rules.namePrefix, world.now());
	const unnamed = nameProblem("provisioned-model", name);
	if (unnamed !== void 0) return unnamed;
	const { modelId, modelUnits, commitment, clientToken } = wish;
	const request = {
		modelUnits,
		provisionedModelName: name,
		modelId,
		...commitment === null ? {} : { commitmentDuration: commitment },
		...tagMember(tags.value)
	};
	const confirming = await confirmationOf(world, actor, wish);
	if (wish.dryRun) return done({
		dryRun: true,
		request,
		...confirming.shown
	});
	const making = (token) => ({
		resource: "provisioned-model",
		token,
		request,
		owner: ownerFor(actor),
		asked: askedFor(world, actor, wish)
	});
	if (confirming.kind === "refused") {
		const token = clientToken ?? confirmedSum(wish.confirmation ?? "");
		if ((token === "" ? void 0 : await world.registry.known(making(token))) === void 0) return confirming.refusal;
		return madeAnswer(await make(world, making(token)));
	}
	return madeAnswer(await make(world, making(clientToken ?? confirming.token ?? world.newToken())));
}
/**
* Whose model capacity is bought for: what is bought is its buyer's organization's to call, so a
* model of the account that it may not call must not be had by this way either.
*/
async function withheldProblem(world, actor, modelId) {
	if (isOfferedByAws(modelId) || actor.administers === "everything") return void 0;
	if (await world.isGranted(actor, modelId)) return void 0;
	return refuse("AccessDeniedException", "data.modelId is no model that AWS offers to everybody, and your organization was not granted it. Name a model of the account by the ARN that was granted.");
}
function madeAnswer(made) {
	return made.kind === "refused" ? made : done(made.value.answer);
}
function wishOf(data) {
	const stated = new Stated(data);
	const modelId = stated.needed("modelId");
	const modelUnits = stated.whole("modelUnits", 1, MODEL_UNITS_MAX);
	const name = stated.text("provisionedModelName") ?? null;
	const duration = stated.text("commitmentDuration");
	const tags = stated.tags("tags") ?? {};
	const clientToken = stated.text("clientRequestToken") ?? null;
	const confirmation = stated.text("confirmation") ?? null;
	const dryRun = stated.yes("dryRun");
	const commitment = duration === void 0 ? null : parseCommitment(duration);
	if (stated.problem !== void 0) return stated.problem;
	if (modelUnits === void 0) return refuse("ValidationException", "data.modelUnits is missing: say how many to buy.");
	if (commitment !== null && typeof commitment !== "string") return commitment;
	const problem = modelProblem("modelId", modelId) ?? (name === null ? void 0 : nameProblem("provisioned-model", name)) ?? (clientToken === null ? void 0 : clientTokenProblem(clientToken));
	if (problem !== void 0) return problem;
	return done({
		modelId,
		modelUnits,
		commitment,
		name,
		tags,
		clientToken,
		confirmation,
		dryRun
	});
}
/** Whether a wish may be fulfilled now; if not, the refusal has what is needed to confirm it. */
async function confirmationOf(world, actor, wish) {
	const { commitment, modelUnits, confirmation } = wish;
	if (commitment === null) return {
		kind: "free",
		token: null,
		shown: {}
	};
	const unitHour = await world.unitHourPrice(wish.modelId, commitment);
	const now = world.now();
	const price = commitmentPrice(now, commitment, modelUnits, unitHour);
	if (!world.rules.confirmCommitments) return {
		kind: "free",
		token: null,
		shown: { price }
	};
	const terms = [wish.clientToken, price.unit_hour_usd];
	const bought = `${askedFor(world, actor, wish)}\n${JSON.stringify(terms)}`;
	const problem = confirmation === null ? "" : await confirmationProblem(world, bought, confirmation, now);
	if (problem === void 0) return {
		kind: "free",
		token: confirmedSum(confirmation ?? ""),
		shown: { price }
	};
	const expiresAt = now + world.rules.confirmationMs;
	const shown = {
		price,
		confirmation_token: await confirmationToken(world, bought, expiresAt),
		expires_at: new Date(expiresAt).toISOString()
	};
	return {
		kind: "refused",
		refusal: refuse("ConfirmationRequired", `${problem} ${commitmentWords(commitment, price)}`.trim(), shown),
		shown
	};
}
function commitmentWords(commitment, price) {
	const { model_units: units, hours, total_usd: total, unit_hour_usd: unitHour } = price;
	const months = commitment === "OneMonth" ? "one month" : "six months";
	const sum = total === null ? "What that costs is not known here: the operator has stated no price for the model." : `That is ${total} USD in all: ${hours} hours at ${unitHour} USD an hour for each unit.`;
	return `This commits to ${units} model unit${units === 1 ? "" : "s"} for ${months} and cannot be ended before. ${sum} Send the same request with data.confirmation to buy.`;
}
/** Everything that makes one purchase another one, in a fixed form. */
function askedFor({ rules }, actor, wish) {
	const { orgId, issuerId, userId } = actor;
	const { modelId, modelUnits, commitment, name, tags } = wish;
	const what = {
		modelId,
		modelUnits,
		commitment,
		name,
		tags: tagList(tags)
	};
	return JSON.stringify([
		"CreateProvisionedModelThroughput",
		rules.region,
		orgId,
		issuerId,
		userId,
		what
	]);
}
/** Members of the list that AWS itself filters by. */
const TEXT_FILTERS = [
	"creationTimeAfter",
	"creationTimeBefore",
	"statusEquals",
	"modelArnEquals",
	"nameContains",
	"nextToken",
	"sortBy",
	"sortOrder"
];
/** One page, as AWS lists it, without what is not the actor's to see; each with its tags. */
async function listThroughputs(world, actor, data) {
	const stated = new Stated(data);
	const maxResults = stated.whole("maxResults", 1, 1e3);
	const filters = Object.fromEntries(TEXT_FILTERS.map((name) => [name, stated.text(name)]));
	const filter = filterOf(stated);
	if (stated.problem !== void 0) return stated.problem;
	const page = await ask(world, controlCall("ListProvisionedModelThroughputs", { query: {
		...filters,
		maxResults
	} }));
	if (page.kind === "refused") return page;
	return taggedPage(world, actor, page.value, {
		list: "provisionedModelSummaries",
		arn: "provisionedModelArn"
	}, filter);
}
async function getThroughput(world, actor, data) {
	const stated = new Stated(data);
	const called = stated.needed(...ID_NAMES);
	if (stated.problem !== void 0) return stated.problem;
	const found = await findSeen(world, actor, "provisioned-model", called);
	if (found.kind === "refused") return found;
	return ask(world, controlCall("GetProvisionedModelThroughput", { id: found.value }));
}
async function deleteThroughput(world, actor, data) {
	const stated = new Stated(data);
	const called = stated.needed(...ID_NAMES);
	const dryRun = stated.yes("dryRun");
	const problem = stated.problem ?? permissionProblem(actor);
	if (problem !== void 0) return problem;
	const found = await findManaged(world, actor, "provisioned-model", called);
	if (found.kind === "refused") return found;
	if (dryRun) return done({
		dryRun: true,
		provisionedModelArn: found.value
	});
	const answer = await ask(world, controlCall("DeleteProvisionedModelThroughput", { id: found.value }));
	if (answer.kind === "done") await world.registry.deleted(found.value);
	return answer;
}
// packages/core/src/provisioned/action.ts
/**
* The actions of the action endpoint by name, and what a request to it is. This is the whole way of
* a request, wherever it is served: who asks and what is reached of the world come in.
*/
const FILTERS = [
	"byProvider",
	"byCustomizationType",
	"byOutputModality",
	"byInferenceType"
];
/** Models are everybody's. */
function listModels(world, _actor, data) {
	const stated = new Stated(data);
	const query = Object.fromEntries(FILTERS.map((name) => [name, stated.text(name)]));
	if (stated.problem !== void 0) return Promise.resolve(stated.problem);
	return ask(world, controlCall("ListFoundationModels", { query }));
}
function getModel(world, _actor, data) {
	const stated = new Stated(data);
	const id = stated.needed("modelIdentifier", "modelId");
	const problem = stated.problem ?? modelProblem("modelIdentifier", id);
	if (problem !== void 0) return Promise.resolve(problem);
	return ask(world, controlCall("GetFoundationModel", { id }));
}
/** Every action of the endpoint. */
const ACTIONS = {
	ListFoundationModels: listModels,
	GetFoundationModel: getModel,
	ListProvisionedModelThroughputs: listThroughputs,
	CreateProvisionedModelThroughput: createThroughput,
	GetProvisionedModelThroughput: getThroughput,
	DeleteProvisionedModelThroughput: deleteThroughput,
	TagResource: tagResource,
	UntagResource: untagResource,
	ListTagsForResource: listTags
};
const ACTION_NAMES = Object.keys(ACTIONS);
function parseAction(body) {
	const action = isRecord(body) ? body["action"] : void 0;
	const known = ACTION_NAMES.find((name) => name === action);
	if (!isRecord(body) || known === void 0) return invalid(`The body must be {"action": "...", "data": {...}} with one of the actions ${ACTION_NAMES.join(", ")}.`);
	return {
		kind: "asked",
		action: known,
		data: body["data"]
	};
}
/** Does it. Rejects only when the registry does. */
function performAction(world, actor, { action, data }) {
	return ACTIONS[action](world, actor, data);
}
/** A refusal as the endpoint answers it; what helps a program to go on stands beside it. */
function refusalBody({ message, code, details }) {
	return {
		...details,
		error: message,
		code
	};
}
export { controlCall, parseAction, parseUsd, performAction, refusalBody, tagsIn };

