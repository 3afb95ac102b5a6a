<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.16-Białowieża" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="categorizedSymbol" attr="{{ style.column }}" symbollevels="0" enableorderby="0" forceraster="0">
  <categories>
{% for category in style.categories %}
   <category symbol="{{ loop.index0 }}" label="{{ category.words }}" render="{{ 'true' if category.shown else 'false' }}" value="{{ category.value }}" type="string"/>
{% endfor %}
  </categories>
  <symbols>
{% for category in style.categories %}
   <symbol type="line" name="{{ loop.index0 }}" alpha="0.9" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleLine" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option name="line_color" type="QString" value="{{ category.colour | rgba }}"/>
      <Option name="line_width" type="QString" value="0.6"/>
      <Option name="line_width_unit" type="QString" value="MM"/>
      <Option name="capstyle" type="QString" value="round"/>
      <Option name="joinstyle" type="QString" value="round"/>
      <Option name="line_style" type="QString" value="solid"/>
     </Option>
     <prop k="line_color" v="{{ category.colour | rgba }}"/>
     <prop k="line_width" v="0.6"/>
     <prop k="line_width_unit" v="MM"/>
     <prop k="capstyle" v="round"/>
     <prop k="joinstyle" v="round"/>
     <prop k="line_style" v="solid"/>
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""/>
       <Option name="properties" type="Map">
        <Option name="outlineWidth" type="Map">
         <Option name="active" type="bool" value="true"/>
         <Option name="expression" type="QString" value="{{ style.size }}"/>
         <Option name="type" type="int" value="3"/>
        </Option>
       </Option>
       <Option name="type" type="QString" value="collection"/>
      </Option>
     </data_defined_properties>
    </layer>
   </symbol>
{% endfor %}
  </symbols>
 </renderer-v2>
 <aliases>
{% for column, words in aliases.items() %}
  <alias field="{{ column }}" index="{{ loop.index }}" name="{{ words }}"/>
{% endfor %}
 </aliases>
 <layerGeometryType>1</layerGeometryType>
</qgis>
